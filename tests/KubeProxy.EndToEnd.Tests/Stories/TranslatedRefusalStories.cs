using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Packets of clients over IPv4 that no pod over IPv6 can be given: each is told to its client by an error of this host, about the packet as it came.</summary>
public abstract class TranslatedRefusalStories : TranslationStory
{
    private const byte LooseSourceRoute = 131;
    private const byte StrictSourceRoute = 137;

    /// <summary>Earlier stories on this host may have used up its answers: this is time for fifty new ones, and no story expects more.</summary>
    private static readonly TimeSpan TimeForAnswers = TimeSpan.FromMilliseconds(50);

    protected TranslatedRefusalStories(HostFixture fixture) : base(fixture) => Thread.Sleep(TimeForAnswers);

    [Theory]
    [Trait("Check", "S-1")]
    [InlineData(Transport.Tcp, LooseSourceRoute)]
    [InlineData(Transport.Tcp, StrictSourceRoute)]
    [InlineData(Transport.Udp, LooseSourceRoute)]
    [InlineData(Transport.Udp, StrictSourceRoute)]
    public void S01ASourceRouteThatIsNotAtItsEndIsToldToHaveFailed(Transport transport, byte kind)
    {
        Assert.SkipWhen(Host is VppHost, "VPP takes packets with options out before the look-up");
        Add(Family.Ip4, $"port 80 protocol {Cluster.Word(transport)}", $"target_port {TargetPort}", Pod.First(1));
        byte[] request = FromClient(FlowOf(Family.Ip4, transport, 1));
        byte[] farther = [kind, 7, 4, 192, 0, 2, 1, 0];
        byte[] @long = FromClient(FlowOf(Family.Ip4, transport, 2), PacketOptions.Plain with { PayloadLengthBytes = 1200 });
        byte[][] open = [OddPackets.WithOptions4(request, farther), OddPackets.WithOptions4(@long, farther), OddPackets.WithOptions4(request, [1, kind, 7, 7, 192, 0, 2, 1])];
        AssertTold(open, "source route not at its end", "reject: source route failed", 5);
        Assert.Equal(0, SessionCount());

        byte[] arrived = OddPackets.WithOptions4(request, [kind, 7, 8, 192, 0, 2, 1, 0]);
        AssertReached([FlowOf(Family.Ip4, transport, 1)], ClientsSend(arrived), PacketOptions.Plain);
    }

    /// <summary>Long ones too, which the host would cut or cannot send on.</summary>
    [Fact]
    [Trait("Check", "S-15")]
    public void S15ADatagramWithoutAChecksumIsToldToBeProhibitedWhileItIsToBe()
    {
        Add(Family.Ip4, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        PacketOptions without = PacketOptions.Plain with { ZeroUdpChecksum = true };
        Flow[] flows = [.. Enumerable.Range(0, 4).Select(number => FlowOf(Family.Ip4, Transport.Udp, number))];
        byte[][] none = [.. flows.Select((flow, number) => FromClient(flow, without with { PayloadLengthBytes = 16 + (number * 440) }))];
        Lab.Type("ku conf nat46-zero-udp-checksum reject");
        AssertTold(none, "udp without a checksum", "reject: prohibited", 13);
        Assert.Equal(0, SessionCount());
        IReadOnlyList<SeenFlow> seen = AssertReached(flows, ClientsSend(FromClients(flows)), PacketOptions.Plain);
        AssertTold(none[..1], "udp without a checksum", "reject: prohibited", 13);
        AssertAnswered(seen, PacketOptions.Plain);
        Lab.Type("ku conf nat46-zero-udp-checksum compute");
        Assert.Equal(seen, AssertReached(flows, ClientsSend(FromClients(flows, without)), PacketOptions.Plain));
    }

    /// <summary>Between ends of one family a datagram needs no checksum.</summary>
    [Fact]
    [Trait("Check", "S-15")]
    public void S15OtherServicesTakeADatagramWithoutAChecksumAllTheSame()
    {
        Service service = Cluster.Add(Family.Ip4, Transport.Udp, 80);
        Lab.Type("ku conf nat46-zero-udp-checksum reject");
        byte[] none = FromClient(FlowTo(service, Transport.Udp), PacketOptions.Plain with { ZeroUdpChecksum = true });
        AssertReachedPods([none], ClientsSend(none), Family.Ip4);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Host.IsAlive)
            Host.Cli("ku conf nat46-zero-udp-checksum compute");
        base.Dispose(disposing);
    }

    /// <summary>Each frame is answered by "destination unreachable" of this code from this host's address, byte for byte; both counters say so, and no pod sees anything.</summary>
    private void AssertTold(byte[][] frames, string reason, string answer, byte code)
    {
        ErrorCounters before = ErrorCounters.Of(Host);
        Capture capture = ClientsSend(frames);
        IReadOnlyList<byte[]> told = capture.On(Lab.ClientSide);
        Assert.Equal((frames.Length, frames.Length), (told.Count, capture.Count));
        for (int i = 0; i < frames.Length; i++)
        {
            IcmpContent content = IcmpContent.About(frames[i], 3, code, quotedLengthBytes: 576 - 28);
            AssertAlike(IcmpFactory.Build(Lab.ToClients, IPAddress.Parse("10.1.0.1"), new IpView(frames[i]).Source, content), told[i]);
        }

        IReadOnlyDictionary<string, long> since = ErrorCounters.Of(Host).Since(before);
        KeyValuePair<string, long>[] counted = [.. since.Where(row => row.Key.StartsWith("kp", StringComparison.Ordinal) && !row.Key.Contains("rest of", StringComparison.Ordinal))];
        KeyValuePair<string, long>[] expected =
            [KeyValuePair.Create($"kp4-nat6: {reason}", (long)frames.Length), KeyValuePair.Create($"kp4-nat6: {answer}", (long)frames.Length)];
        Assert.Equivalent(expected, counted, strict: true);
    }
}

[Collection<VppAloneCollection>]
public sealed class TranslatedRefusalsInVpp(VppAlone host) : TranslatedRefusalStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class TranslatedRefusalsInVppWithOneWorker(VppWithOneWorker host) : TranslatedRefusalStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class TranslatedRefusalsInVppWithTwoWorkers(VppWithTwoWorkers host) : TranslatedRefusalStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class TranslatedRefusalsInTheEmbeddedHost(EmbeddedHost host) : TranslatedRefusalStories(host);
