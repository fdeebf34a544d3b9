using KubeProxy.Host.Cli;
using KubeProxy.Host.Devices;
using Xunit;

namespace KubeProxy.Host.Tests.Devices;

public sealed class PgStreamTests
{
    private static List<byte> Play(PgStream stream)
    {
        List<byte> seen = [];
        while (stream.TryNext(out ReadOnlySpan<byte> packet))
            seen.Add(packet[0]);
        return seen;
    }

    private static PgStream Stream(ulong limit) => new("s", null!, [[1], [2], [3]], limit, 256);

    [Fact]
    public void AStreamRepeatsItsFileUpToTheLimit()
    {
        PgStream stream = Stream(7);
        stream.Enable(true);
        Assert.Equal([1, 2, 3, 1, 2, 3, 1], Play(stream));
        Assert.False(stream.IsEnabled);
        Assert.Equal(7UL, stream.Sent);
    }

    [Fact]
    public void AStreamBeginsAnewWhenEnabledAgain()
    {
        PgStream stream = Stream(2);
        stream.Enable(true);
        Play(stream);
        stream.Enable(true);
        Assert.Equal([1, 2], Play(stream));
    }

    [Fact]
    public void ADisabledStreamIsSilent()
    {
        PgStream stream = Stream(5);
        Assert.Empty(Play(stream));
        stream.Enable(true);
        stream.Enable(false);
        Assert.Empty(Play(stream));
    }

    [Fact]
    public void AStreamWithoutPacketsCannotBeEnabled()
    {
        PgStream stream = new("s", null!, [], 5, 256);
        stream.Enable(true);
        Assert.False(stream.IsEnabled);
    }

    [Theory]
    [InlineData("{ name s1 pcap /tmp/a.pcap source pg0 limit 5 }", "s1", "/tmp/a.pcap", "pg0", 5u, 256)]
    [InlineData("limit 7 source pg2 maxframe 1000 pcap x worker 3 name y", "y", "x", "pg2", 7u, 256)]
    [InlineData("name y pcap x source pg0 maxframe 0", "y", "x", "pg0", 0u, 1)]
    public void TheWordsOfAStreamComeInAnyOrder(string text, string name, string file, string source, uint limit, int maxFrame) =>
        Assert.Equal(new PgStreamOptions(name, file, source, limit, maxFrame), PgStreamOptions.Parse(new CliArguments(text)));

    [Theory]
    [InlineData("name s source pg0", "no packet data given (the embedded host plays pcap files)")]
    [InlineData("pcap x source pg0", "a stream needs a name and a source interface")]
    [InlineData("pcap x name s", "a stream needs a name and a source interface")]
    [InlineData("pcap x name s rate 5", "unknown input `rate 5'")]
    [InlineData("pcap x name s limit many", "unknown input `many'")]
    [InlineData("pcap", "expected a file")]
    public void AnIncompleteStreamIsRefusedWithTheReason(string text, string message) =>
        Assert.Equal(message, Assert.Throws<CliException>(() => PgStreamOptions.Parse(new CliArguments(text))).Message);
}
