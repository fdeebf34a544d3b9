using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>ICMP errors about a session's packets reach the end that has sent them, as errors about what that end has sent.</summary>
public sealed class IcmpErrorStories
{
    public static TheoryData<IpFamily, byte, SeenAs> Sessions { get; } =
        [.. FlowKinds.All.SelectMany(kind => Enum.GetValues<SeenAs>().Select(seenAs => (kind.Data.Item1, kind.Data.Item2, seenAs)))];

    public static TheoryData<IpFamily, byte, byte> ErrorTypes { get; } =
        [.. FlowKinds.All.SelectMany(kind => TypesOf(kind.Data.Item1).Select(type => (kind.Data.Item1, kind.Data.Item2, type)))];

    /// <summary>RFC 5508 REQ-4 (I-7), and REQ-7 for a pod that is its own client (I-10).</summary>
    [Theory]
    [Trait("Check", "I-7")]
    [Trait("Check", "T-5")]
    [MemberData(nameof(Sessions))]
    public void AnErrorFromTheClientsSideReachesThePodAboutWhatThePodSent(IpFamily family, byte protocol, SeenAs seenAs)
    {
        using var scene = new IcmpScene(family, protocol, seenAs);
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod();
        scene.AssertToPod(error.Build(), expected.Build());
        (error, expected) = scene.ToPod(scene.Router);
        scene.AssertToPod(error.Build(), expected.Build());
    }

    /// <summary>RFC 5508 REQ-5 (I-8): whoever sends it, it leaves with the VIP as its source.</summary>
    [Theory]
    [Trait("Check", "I-8")]
    [MemberData(nameof(Sessions))]
    public void AnErrorFromThePodsSideReachesTheClientFromTheVipAboutWhatTheClientSent(IpFamily family, byte protocol, SeenAs seenAs)
    {
        using var scene = new IcmpScene(family, protocol, seenAs);
        (IcmpSpec error, IcmpSpec expected) = scene.ToClient();
        scene.AssertToClient(error.Build(), expected.Build());
        (error, expected) = scene.ToClient(scene.Router);
        scene.AssertToClient(error.Build(), expected.Build());
    }

    [Theory]
    [MemberData(nameof(Sessions))]
    public void AnErrorFindsTheSessionOfAnotherWorker(IpFamily family, byte protocol, SeenAs seenAs)
    {
        using var scene = new IcmpScene(family, protocol, seenAs);
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
        scene.AssertToPod(error.Build(), expected.Build(), worker: 1);
        (error, expected) = scene.ToClient(scene.Router);
        scene.AssertToClient(error.Build(), expected.Build(), worker: 1);
    }

    /// <summary>Type, code, MTU and pointer are as they came (I-7).</summary>
    [Theory]
    [Trait("Check", "I-7")]
    [Trait("Check", "T-5")]
    [MemberData(nameof(ErrorTypes))]
    public void TypeCodeMtuAndPointerStay(IpFamily family, byte protocol, byte type)
    {
        using var scene = new IcmpScene(family, protocol);
        foreach (byte code in (byte[])[0, 1, 4, 255])
        {
            (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
            scene.AssertToPod(
                (error with { Type = type, Code = code, Rest = 1280 }).Build(), (expected with { Type = type, Code = code, Rest = 1280 }).Build());
            (error, expected) = scene.ToClient(scene.Router);
            scene.AssertToClient(
                (error with { Type = type, Code = code, Rest = 1492 }).Build(), (expected with { Type = type, Code = code, Rest = 1492 }).Build());
        }
    }

    /// <summary>A connection that a removed pod has kept is told of its path too, wherever the error arrives.</summary>
    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AConnectionOfARemovedPodGetsItsErrors(IpFamily family)
    {
        using var scene = new IcmpScene(family, IpProtocol.Tcp);
        scene.Site.Path.SetState(scene.PodSlot, PodState.Removed);
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
        for (int worker = 0; worker < 2; worker++) scene.AssertToPod(error.Build(), expected.Build(), worker);
        (error, expected) = scene.ToClient(scene.Router);
        for (int worker = 0; worker < 2; worker++) scene.AssertToClient(error.Build(), expected.Build(), worker);
        scene.Site.Path.SetState(scene.PodSlot, PodState.Dead);
        scene.AssertDropped(Outcome.IcmpNoSession, scene.ToPod().Error.Build());
        scene.AssertPasses(scene.ToClient().Error.Build());
        scene.Site.Path.SetState(scene.PodSlot, PodState.Active);
    }

    /// <summary>RFC 5508 REQ-4 without a mapping (I-7): dropped towards a VIP, untouched from the pods' side.</summary>
    [Theory]
    [Trait("Check", "I-7")]
    [Trait("Check", "T-5")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void WithoutASessionAnErrorIsDroppedTowardsTheVipAndPassesFromThePodsSide(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        PacketSpec other = scene.Received with { To = Site.Client(family, 9) };
        scene.AssertDropped(Outcome.IcmpNoSession, (scene.ToPod().Error with { Quoted = other.Build() }).Build());
        scene.AssertDropped(Outcome.IcmpNoSession, (scene.ToPod().Error with { To = Site.Vip(family, 2).Address }).Build(), vipSlot: 2);
        PacketSpec direct = scene.Delivered with { From = Site.Client(family, 9) };
        scene.AssertPasses((scene.ToClient().Error with { Quoted = direct.Build(), To = direct.From.Address }).Build());
        scene.AssertPasses((scene.ToClient().Error with { To = Site.Client(family, 9).Address }).Build());
        scene.Site.Path.Flush();
        scene.AssertDropped(Outcome.IcmpNoSession, scene.ToPod().Error.Build());
        scene.AssertPasses(scene.ToClient().Error.Build());
    }

    /// <summary>The other protocol's session with the same addresses and ports is another one.</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TheQuotedProtocolCounts(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        byte other = protocol == IpProtocol.Tcp ? IpProtocol.Udp : IpProtocol.Tcp;
        scene.AssertDropped(Outcome.IcmpNoSession, (scene.ToPod().Error with { Quoted = (scene.Received with { Protocol = other }).Build() }).Build());
        scene.AssertPasses((scene.ToClient().Error with { Quoted = (scene.Delivered with { Protocol = other }).Build() }).Build());
    }

    /// <summary>Among packets that open the session, are answered, or are dropped: each has its own fate.</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ErrorsWithinAFrameLeaveTheOthersAlone(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
        Verdict[] verdicts = scene.Site.Forward(scene.Request, error.Build(), scene.Site.Request(protocol, 40_001), scene.Site.Request(protocol, vipPort: 79), error.Build());
        Assert.Equal(
            [Outcome.Translated, Outcome.Translated, Outcome.Translated, Outcome.UnknownPort, Outcome.Translated], verdicts.Select(verdict => verdict.Outcome));
        Assert.Equal(expected.Build(), verdicts[1].Bytes);
        Assert.Equal(expected.Build(), verdicts[4].Bytes);
        Assert.Equal(scene.Delivered.Build(), verdicts[0].Bytes);
    }

    /// <summary>A UDP checksum of 0 means "none" and stays (RFC 768), in the quote as well.</summary>
    [Fact]
    public void AQuotedUdpChecksumOfZeroStays()
    {
        using var scene = new IcmpScene(IpFamily.Ip4, IpProtocol.Udp);
        byte[] received = (scene.Received with { HasNoUdpChecksum = true }).Build();
        byte[] sent = (scene.Sent with { HasNoUdpChecksum = true }).Build();
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
        scene.AssertToPod((error with { Quoted = received }).Build(), (expected with { Quoted = sent }).Build());
    }

    private static byte[] TypesOf(IpFamily family) => family == IpFamily.Ip4 ? [3, 4, 11, 12] : [1, 2, 3, 4];
}
