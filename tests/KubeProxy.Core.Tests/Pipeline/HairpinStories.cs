using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>A pod that reaches itself through its own service sees the service as its client: its own address would not come back.</summary>
public sealed unsafe class HairpinStories
{
    private static readonly DataPathOptions TwoWorkers = new() { WorkerCount = 2, BucketCount = 1024, ReturnBucketCount = 2048 };

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APodThatReachesItselfSeesTheVipAndGetsItsOwnAnswers(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, TwoWorkers);
        int hairpins = 0;
        for (int port = 1; port <= 60; port++)
        {
            PacketSpec request = FromPod(site, protocol, port) with { TcpFlags = PacketSpec.Syn };
            Verdict verdict = site.Forward(request);
            Assert.Equal(Outcome.Translated, verdict.Outcome);
            IPEndPoint pod = site.PodOf(verdict.PodSlot, 80);
            IPEndPoint seen = Translation.SourceOf(verdict.Bytes);
            bool isHairpin = pod.Address.Equals(request.From.Address);
            hairpins += isHairpin ? 1 : 0;
            Assert.Equal(isHairpin ? request.To.Address : request.From.Address, seen.Address);
            Assert.Equal(Translation.ToPod(Translation.FromVip(request.Build(), seen), pod), verdict.Bytes);
            AssertAnswered(site, request, verdict.PodSlot, seen);
        }

        Assert.InRange(hairpins, 5, 30);
        site.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TheNextPacketsOfTheFlowHaveTheSameSourceOnEveryWorker(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, TwoWorkers);
        site.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), site.Pods(protocol)[0]);
        PacketSpec request = FromPod(site, protocol, 40_000);
        IPEndPoint first = Translation.SourceOf(site.Forward(request with { TcpFlags = PacketSpec.Syn }).Bytes);
        AssertAnswered(site, request, site.Pods(protocol)[0], first);
        Assert.Equal(first, Translation.SourceOf(site.Forward(request).Bytes));
        if (protocol == IpProtocol.Tcp) Assert.Equal(first, Translation.SourceOf(site.Path.Forward(family, 1, request)[0].Bytes));
        site.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TwoServicesOfOnePodThatTheSamePortUsesAreToldApart(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, TwoWorkers);
        uint pod = site.Pods(protocol)[0];
        site.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), pod);
        site.Path.SetService(1, protocol, 90, Topology.ServiceOf(protocol), pod);
        foreach (int vipPort in (int[])[80, 90])
        {
            PacketSpec request = FromPod(site, protocol, 40_000, vipPort) with { TcpFlags = PacketSpec.Syn };
            AssertAnswered(site, request, pod, Translation.SourceOf(site.Forward(request).Bytes));
        }
    }

    private static PacketSpec FromPod(Topology site, byte protocol, int port, int vipPort = 80) =>
        site.Request(protocol, port, vipPort) with { From = new IPEndPoint(site.PodOf(site.Pods(protocol)[0], 80).Address, port) };

    private static void AssertAnswered(Topology site, PacketSpec request, uint podSlot, IPEndPoint seen)
    {
        PacketSpec answer = site.Answer(request, podSlot) with { To = seen, TcpFlags = PacketSpec.Syn | PacketSpec.Ack };
        Verdict verdict = site.Path.Return(site.Family, 1, answer)[0];
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(Translation.FromVip(Translation.ToPod(answer.Build(), request.From), request.To), verdict.Bytes);
    }
}
