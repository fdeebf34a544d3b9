using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Services that masquerade: their pods see one address for all clients, each client flow on a port of its own.</summary>
public sealed unsafe class MasqueradeStories
{
    private static readonly DataPathOptions TwoWorkers = new() { WorkerCount = 2, BucketCount = 1024, ReturnBucketCount = 2048 };

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ThePodSeesTheMasqueradeAddressAndItsAnswersReachTheClient(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, TwoWorkers);
        PacketSpec request = scene.Request();
        (uint pod, IPEndPoint source) = scene.Send(request with { TcpFlags = PacketSpec.Syn });
        scene.Answer(request with { TcpFlags = PacketSpec.Syn }, pod, source, worker: 1);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((pod, source), scene.Send(request with { Seed = i }));
            scene.Answer(request with { Seed = i }, pod, source, worker: i % 2);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TheSourcePortIsOneOfTheWorkersOwn(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, TwoWorkers);
        for (int port = 1; port < 200; port++)
        {
            Assert.InRange(scene.Send(scene.Request(port), worker: 0).Source.Port, 50_000, 50_499);
            Assert.InRange(scene.Send(scene.Request(1000 + port), worker: 1).Source.Port, 50_500, 50_999);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void NoTwoClientsOfAPodHaveOneSourceAndEveryAnswerFindsItsOwn(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, TwoWorkers);
        var seen = new Dictionary<(uint Pod, IPEndPoint Source), PacketSpec>();
        for (int client = 1; client <= 200; client++)
        {
            for (int port = 1; port <= 4; port++)
            {
                PacketSpec request = scene.Request(port, client) with { TcpFlags = PacketSpec.Syn };
                Assert.True(seen.TryAdd(scene.Send(request, worker: client % 2), request));
            }
        }

        foreach (((uint pod, IPEndPoint source), PacketSpec request) in seen) scene.Answer(request, pod, source, worker: source.Port % 2);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AClientThatTalksToAPodDirectlyGetsUntouchedAnswers(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol);
        PacketSpec request = scene.Request();
        (uint pod, _) = scene.Send(request);
        PacketSpec direct = scene.Site.Answer(request, pod);
        Verdict verdict = scene.Site.Return(direct);
        Assert.NotEqual(Outcome.Translated, verdict.Outcome);
        Assert.Equal(direct.Build(), verdict.Bytes);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void OnlyWhatComesFromOutsideIsMasqueradedWhereThatIsAsked(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, isForOutside: true);
        PacketSpec inside = scene.Request(1) with { TcpFlags = PacketSpec.Syn };
        (uint pod, IPEndPoint kept) = scene.Send(inside, source: inside.From.Address);
        Assert.Equal(inside.From, kept);
        scene.Answer(inside, pod, kept);
        PacketSpec outside = scene.Request(2) with { To = Site.Vip(family, 9), TcpFlags = PacketSpec.Syn };
        (pod, IPEndPoint source) = scene.Send(outside, vipSlot: MasqueradeScene.OtherAddress);
        scene.Answer(outside, pod, source);
        Assert.Equal((pod, source), scene.Send(outside with { TcpFlags = PacketSpec.Ack }, vipSlot: MasqueradeScene.OtherAddress));
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AConnectionThatReachesAnotherWorkerKeepsPodAndSourcePort(IpFamily family)
    {
        using var scene = new MasqueradeScene(family, IpProtocol.Tcp, TwoWorkers);
        for (int port = 1; port < 100; port++)
        {
            (uint pod, IPEndPoint source) = Open(scene, port);
            Assert.Equal((pod, source), scene.Send(scene.Request(port), worker: 1));
            scene.Answer(scene.Request(port), pod, source);
        }
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AConnectionWhoseSessionIsLostGetsItsSourcePortAgain(IpFamily family)
    {
        // 200 of 1000 ports are taken: two flows in a hundred or so begin at a port that another one has.
        using var scene = new MasqueradeScene(family, IpProtocol.Tcp, TwoWorkers with { WorkerCount = 1 });
        List<(uint, IPEndPoint)> before = [.. Enumerable.Range(1, 200).Select(port => Open(scene, port))];
        scene.Path.Flush();
        IEnumerable<(uint, IPEndPoint)> after = Enumerable.Range(1, 200).Select(port => scene.Send(scene.Request(port)));
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AnUnansweredSynIsSentAgainToTheNextPodFromThatPodsOwnPort(IpFamily family)
    {
        using var scene = new MasqueradeScene(family, IpProtocol.Tcp);
        PacketSpec syn = scene.Request() with { TcpFlags = PacketSpec.Syn };
        (uint first, _) = scene.Send(syn);
        scene.Path.Pass(2);
        (uint second, IPEndPoint source) = scene.Send(syn);
        Assert.NotEqual(first, second);
        scene.Answer(syn, second, source);
        Assert.Equal((second, source), scene.Send(syn));
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AUdpFlowOfARemovedPodMovesWithItsNextPacket(IpFamily family)
    {
        using var scene = new MasqueradeScene(family, IpProtocol.Udp);
        (uint first, _) = scene.Send(scene.Request());
        scene.Path.SetState(first, PodState.Removed);
        scene.Path.Plan.Set(1, IpProtocol.Udp, 80, new(Topology.UdpService, [.. scene.Pods.Where(pod => pod != first)]) { MasqueradeIndex = 2 });
        (uint second, IPEndPoint source) = scene.Send(scene.Request());
        Assert.NotEqual(first, second);
        scene.Answer(scene.Request(), second, source);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    public void AUdpPacketWithoutAChecksumKeepsNoneBothWays(IpFamily family)
    {
        using var scene = new MasqueradeScene(family, IpProtocol.Udp);
        PacketSpec request = scene.Request() with { HasNoUdpChecksum = true };
        (uint pod, IPEndPoint source) = scene.Send(request);
        scene.Answer(request, pod, source);
        PacketSpec answer = scene.AnswerTo(request, pod, source) with { HasNoUdpChecksum = true };
        Verdict verdict = scene.Site.Return(answer);
        Assert.Equal(Translation.FromVip(Translation.ToPod(answer.Build(), request.From), request.To), verdict.Bytes);
    }

    private static (uint Pod, IPEndPoint Source) Open(MasqueradeScene scene, int port)
    {
        PacketSpec syn = scene.Request(port) with { TcpFlags = PacketSpec.Syn };
        (uint pod, IPEndPoint source) = scene.Send(syn);
        scene.Answer(syn, pod, source);
        return (pod, source);
    }
}
