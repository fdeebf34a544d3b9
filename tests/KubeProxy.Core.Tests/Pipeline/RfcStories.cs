using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;
using SessionTimeouts = KubeProxy.Core.Services.SessionTimeouts;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>What RFC 4787, RFC 5382 and RFC 5508 ask of a NAT's times and mappings, with the times that a router starts with.</summary>
public sealed class RfcStories
{
    private const byte SynAck = PacketSpec.Syn | PacketSpec.Ack;
    private const byte FinAck = PacketSpec.Fin | PacketSpec.Ack;

    private static readonly DataPathOptions Defaults = new()
    {
        UdpTimeoutSeconds = SessionTimeouts.Default.Udp,
        OtherTimeoutSeconds = SessionTimeouts.Default.Icmp,
        TcpOpeningTimeoutSeconds = SessionTimeouts.Default.TcpOpening,
        TcpTimeoutSeconds = SessionTimeouts.Default.Tcp,
    };

    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [Trait("Check", "U-1")]
    [MemberData(nameof(Families))]
    public void AUdpMappingLives119SecondsWithoutAPacket(IpFamily family)
    {
        using var site = new Topology(family, Defaults);
        PacketSpec request = site.Request(IpProtocol.Udp);
        uint pod = site.Forward(request).PodSlot;
        site.Path.Pass(119);
        Assert.Equal(Outcome.Translated, site.Return(site.Answer(request, pod)).Outcome);
    }

    /// <summary>A packet of either side starts the time anew; without one the mapping ends.</summary>
    [Theory]
    [Trait("Check", "U-2")]
    [MemberData(nameof(Families))]
    public void PacketsOfEitherSideRefreshAUdpMapping(IpFamily family)
    {
        using var site = new Topology(family, Defaults);
        PacketSpec request = site.Request(IpProtocol.Udp);
        uint pod = site.Forward(request).PodSlot;
        for (int i = 0; i < 3; i++)
        {
            site.Path.Pass(100);
            Assert.Equal(Outcome.Translated, site.Return(site.Answer(request, pod)).Outcome);
            site.Path.Pass(100);
            Assert.Equal(SessionUse.Existing, site.Forward(request).Session);
        }

        site.Path.Pass(130);
        Assert.NotEqual(Outcome.Translated, site.Return(site.Answer(request, pod)).Outcome);
    }

    /// <summary>Neither the key of the session tables, which is another in each run, nor the number of workers shows in any byte.</summary>
    [Theory]
    [Trait("Check", "U-4")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TheSamePacketsLeaveAlikeInEveryRunAndOnAnyNumberOfWorkers(IpFamily family, byte protocol)
    {
        byte[][][] runs = [.. from workers in (int[])[1, 2, 4] from seed in (int[])[1, 2] select Run(family, protocol, workers, seed)];
        Assert.All(runs, run => Assert.Equal(runs[0], run));
    }

    /// <summary>No translated tuple stands for two clients: what differs before differs after.</summary>
    [Theory]
    [Trait("Check", "U-8")]
    [Trait("Check", "T-3")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TwoClientsNeverGetOneTranslatedTuple(IpFamily family, byte protocol)
    {
        byte[][] left = Run(family, protocol, workers: 1, seed: 1);
        int ends = family == IpFamily.Ip4 ? 12 : 8;
        int length = family == IpFamily.Ip4 ? 12 : 36;
        Assert.Equal(left.Length, left.Select(packet => Convert.ToHexString(packet, ends, length)).Distinct().Count());
    }

    /// <summary>Two hours and four minutes without a packet for a connection, four minutes for its beginning.</summary>
    [Theory]
    [Trait("Defect", "D23")]
    [Trait("Check", "T-2")]
    [MemberData(nameof(Families))]
    public void AConnectionLivesTwoHoursFourMinutesAndItsOpeningFourMinutes(IpFamily family)
    {
        using var site = new Topology(family, Defaults);
        PacketSpec request = site.Request(IpProtocol.Tcp);
        uint pod = site.Forward(request with { TcpFlags = PacketSpec.Syn }).PodSlot;
        site.Path.Pass(239);
        Assert.Equal(Outcome.Translated, site.Return(site.Answer(request, pod) with { TcpFlags = SynAck }).Outcome);
        Assert.Equal(SessionUse.Existing, site.Forward(request).Session);
        site.Path.Pass((2 * 3600) + (4 * 60) - 1);
        Assert.Equal(Outcome.Translated, site.Return(site.Answer(request, pod)).Outcome);
    }

    /// <summary>One RST, whoever sent it, leaves the mapping for four minutes; data of the other side shows that it was not accepted.</summary>
    [Theory]
    [Trait("Check", "T-7")]
    [MemberData(nameof(Families))]
    public void OneResetLeavesTheMappingForFourMinutes(IpFamily family)
    {
        using var site = new Topology(family, Defaults);
        PacketSpec request = site.Request(IpProtocol.Tcp);
        uint pod = site.Forward(request with { TcpFlags = PacketSpec.Syn }).PodSlot;
        _ = site.Return(site.Answer(request, pod) with { TcpFlags = SynAck });
        _ = site.Forward(request with { TcpFlags = PacketSpec.Rst });
        site.Path.Pass(239);
        Assert.Equal(Outcome.Translated, site.Return(site.Answer(request, pod)).Outcome);
        site.Path.Pass(7000);
        Assert.Equal(SessionUse.Existing, site.Forward(request).Session);
    }

    /// <summary>
    /// Every order of segments that RFC 9293 allows passes with nothing changed but ends and checksum: both sides' SYN at once, data in
    /// the SYN, retransmissions, a window of zero, one side closed while the other sends, a RST of either side.
    /// </summary>
    [Theory]
    [Trait("Check", "T-1")]
    [InlineData(IpFamily.Ip4, "cS pS cA pA cD pD")]
    [InlineData(IpFamily.Ip6, "cS pS cA pA cD pD")]
    [InlineData(IpFamily.Ip4, "cSD cSD pSA cA pD cD")]
    [InlineData(IpFamily.Ip6, "cSD cSD pSA cA pD cD")]
    [InlineData(IpFamily.Ip4, "cS cS cS pSA pSA cA cD cD pA cF pA pD pD cA pF pF cA cA")]
    [InlineData(IpFamily.Ip6, "cS cS cS pSA pSA cA cD cD pA cF pA pD pD cA pF pF cA cA")]
    [InlineData(IpFamily.Ip4, "cS pSA cA pF cA cD cD cF pA pA")]
    [InlineData(IpFamily.Ip6, "cS pSA cA pF cA cD cD cF pA pA")]
    [InlineData(IpFamily.Ip4, "cS pSA cA cR pR")]
    [InlineData(IpFamily.Ip6, "cS pSA cA pR cR")]
    [InlineData(IpFamily.Ip4, "cS pR cS pSA cA cD")]
    [InlineData(IpFamily.Ip6, "cS pR cS pSA cA cD")]
    public void EveryOrderOfSegmentsPassesOnOnePod(IpFamily family, string order)
    {
        using var connection = new Connection(family);
        foreach (string segment in order.Split(' '))
        {
            byte flags = Flags(segment);
            int payload = segment.Contains('D', StringComparison.Ordinal) ? 100 : 0;
            if (segment[0] == 'c') Assert.Equal(connection.Client(flags, payload).PodSlot, connection.FirstPod);
            else Assert.True(connection.Pod(flags, payload), segment);
        }
    }

    /// <summary>A minute without a packet for an echo through a VIP that takes every protocol.</summary>
    [Theory]
    [Trait("Check", "I-1")]
    [MemberData(nameof(Families))]
    public void AnEchosMappingLivesAMinute(IpFamily family)
    {
        using var scene = new OtherScene(family, Defaults);
        byte icmp = family == IpFamily.Ip4 ? IpProtocol.Icmp : IpProtocol.Icmp6;
        PacketSpec request = scene.Request(icmp);
        uint pod = scene.Send(request).PodSlot;
        scene.Path.Pass(59);
        scene.AssertAnswers(scene.Answer(icmp, pod), request);
    }

    /// <summary>Requests of 200 clients, one after the other over the workers: what leaves.</summary>
    private static byte[][] Run(IpFamily family, byte protocol, int workers, int seed)
    {
        using var site = new Topology(family, new DataPathOptions { WorkerCount = workers, BucketCount = 1024, ReturnBucketCount = 1024, Seed = seed });
        return [.. Enumerable.Range(0, 200).Select(i =>
            site.Path.Forward(family, i % workers, site.Request(protocol, 40_000 + (i / 2), client: 1 + (i % 2)))[0].Bytes)];
    }

    private static byte Flags(string segment) => segment[1..] switch
    {
        "S" or "SD" => PacketSpec.Syn,
        "SA" => SynAck,
        "F" => FinAck,
        "R" => PacketSpec.Rst,
        _ => PacketSpec.Ack,
    };
}
