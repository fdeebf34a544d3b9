using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Lines;
using KubeProxy.Fuzz.Packets;
using Xunit;
using Record = KubeProxy.Fuzz.Packets.Record;

namespace KubeProxy.Fuzz.Tests;

/// <summary>What looks at packets and lines sees what is wrong with them.</summary>
public sealed unsafe class OracleTests
{
    private static readonly byte[] Protocols = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [MemberData(nameof(Families))]
    public void OfATranslatedPacketNoByteMayDifferBesidesAddressPortAndRightChecksums(IpFamily family)
    {
        foreach (byte protocol in Protocols)
        {
            PacketSpec spec = new(Site.Client(family), Site.Vip(family), protocol);
            byte[] before = spec.Build();
            byte[] after = (spec with { To = Site.Pod(family, 1, 8080) }).Build();
            TranslationChecks.CheckPacket(before, after, family, TranslationChecks.Ends.Destination);
            for (int i = family == IpFamily.Ip4 ? 1 : 4; i < after.Length; i++)
            {
                byte[] wrong = [.. after];
                wrong[i] ^= 0x11;
                Assert.Throws<FindingException>(() => Compare(before, wrong, family));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void OfATranslatedErrorNoByteMayDifferBesidesWhatIsQuotedOfItsFlow(IpFamily family)
    {
        byte[] before = Error(family, Site.Pod(family, 1, 8080));
        byte[] after = Error(family, Site.Vip(family));
        TranslationChecks.CheckError(before, after, family);
        for (int i = family == IpFamily.Ip4 ? 20 : 40; i < after.Length; i++)
        {
            byte[] wrong = [.. after];
            wrong[i] ^= 0x11;
            Assert.Throws<FindingException>(() => TranslationChecks.CheckError(before, wrong, family));
        }
    }

    [Fact]
    public void AByteWrittenBesideAPacketIsSeen()
    {
        using var room = new PacketRoom();
        byte* start = room.Put([1, 2, 3], headroomBytes: 4);
        start[-4] = 0;
        room.CheckBorders();
        Assert.Throws<FindingException>(() => room.CheckUntouched("dropped"));
        start[-5] = 0;
        Assert.Throws<FindingException>(room.CheckBorders);
        start = room.Put([1, 2, 3], headroomBytes: 4, isAtStart: true);
        room.CheckUntouched("dropped");
        start[3] = 0;
        Assert.Throws<FindingException>(room.CheckBorders);
        Assert.Throws<FindingException>(() => _ = room.Slice(room.Start - 5, 4).Length);
    }

    [Theory]
    [InlineData("ku vip 90.0.0.1/8 del", "no VIP 90.0.0.0/8", true)]
    [InlineData("ku vip 90.0.0.0/8 port", "option port needs a value", true)]
    [InlineData("ku vip 90.0.0.0/8 frob", "unknown word \"frob\"", true)]
    [InlineData("ku vip 90.0.0.0/8 frob", "this is wrong", false)]
    public void AnErrorThatNamesNoWordOfItsLineIsSeen(string line, string error, bool isNamed) => Assert.Equal(isNamed, Blame.IsNamed(error, line));

    [Fact]
    public void TheSameSeedMakesTheSameInputs()
    {
        byte[][] first = Inputs(seed: 5);
        Assert.Equal(first, Inputs(seed: 5));
        Assert.NotEqual(first, Inputs(seed: 6));
        Assert.All(first, input => Assert.InRange(input.Length, 0, Mutator.LongestInput));
    }

    [Fact]
    public void AFindingIsShrunkToThePartThatShowsIt()
    {
        byte[] wanted = new Record(3, 1, RecordFlags.None, [9, 9]).ToBytes();
        byte[] input = [.. new Record(0, 0, RecordFlags.None, new byte[40]).ToBytes(), .. wanted, .. new Record(1, 0, RecordFlags.None, new byte[7]).ToBytes()];
        byte[] small = Shrinker.Shrink(InputShape.Records, input, candidate => Record.ReadAll(candidate).Any(record => record.Kind == 3 && record.Bytes.Length != 0));
        Assert.Equal(new Record(3, 1, RecordFlags.None, [9]).ToBytes(), small);
    }

    private static void Compare(byte[] before, byte[] after, IpFamily family)
    {
        TranslationChecks.CheckPacket(before, after, family, TranslationChecks.Ends.Destination);
        if (!new PacketView(after, family).Destination.SequenceEqual(Site.Pod(family).Address.GetAddressBytes())) throw new FindingException("destination");
        if (new PacketView(after, family).DestinationPort != 8080) throw new FindingException("port");
    }

    private static byte[] Error(IpFamily family, System.Net.IPEndPoint about) => new IcmpSpec(
        Site.Client(family, 9).Address, Site.Client(family).Address, new PacketSpec(Site.Client(family), about, IpProtocol.Udp).Build()).Build();

    private static byte[][] Inputs(int seed)
    {
        var mutator = new Mutator(InputShape.Records, [[1, 2]], seed);
        byte[] input = new Record(0, 0, RecordFlags.None, new byte[40]).ToBytes();
        return [.. Enumerable.Range(0, 200).Select(_ => mutator.Mutate(input, input))];
    }
}
