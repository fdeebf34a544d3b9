using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// Fragments, put together again, are the translation of the whole packet, whatever their order: the oracle translates the whole
/// packet and knows no fragments.
/// </summary>
public sealed class FragmentStories
{
    private static readonly DataPathOptions TwoWorkers = new() { WorkerCount = 2, BucketCount = 1024, ReturnBucketCount = 2048 };
    private static readonly int[][] Orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [2, 0, 1, 0, 2, 1]];

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void InEveryOrderBothWaysTheyAreTheTranslationOfTheWhole(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        for (int i = 0; i < Orders.Length; i++)
        {
            PacketSpec request = scene.Site.Request(protocol, 40_000 + i) with { PayloadBytes = 101 };
            uint podSlot = AssertForwarded(scene, request, 48, Orders[i]);
            AssertReturned(scene, request, scene.Site.Answer(request, podSlot) with { PayloadBytes = 103 }, 48, Orders[i]);
        }

        scene.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void DatagramsOfAnyLengthCutAnywhereAreTranslated(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family, TwoWorkers);
        var random = new Random(7);
        for (int round = 0; round < 400; round++)
        {
            scene.Path.Arena.PlacesAtStart = round % 2 == 0;
            PacketSpec request = scene.Site.Request(protocol, 1 + round) with { PayloadBytes = random.Next(480, 1400), Seed = round };
            int partBytes = 8 * random.Next(3, 60);
            int count = FragmentCutter.Cut(request.Build(), partBytes).Length;
            int[] order = [.. Enumerable.Range(0, count).Concat(Enumerable.Range(0, random.Next(count)))];
            random.Shuffle(order);
            uint podSlot = AssertForwarded(scene, request, partBytes, order);
            AssertReturned(scene, request, scene.Site.Answer(request, podSlot), 8 * 3, Enumerable.Range(0, 2));
        }

        scene.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void WholePacketsAndFragmentsOfAFlowAreOneSession(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        PacketSpec request = scene.Site.Request(protocol) with { PayloadBytes = 101 };
        uint podSlot = AssertForwarded(scene, request, 48, Orders[5]);
        Verdict whole = scene.Site.Forward(request);
        Assert.Equal((Outcome.Translated, SessionUse.Existing, podSlot), (whole.Outcome, whole.Session, whole.PodSlot));
        Verdict[] later = scene.Forward(request.Build(), FragmentCutter.Cut(request.Build(), 48));
        Assert.All(later, verdict => Assert.Equal((SessionUse.Existing, podSlot), (verdict.Session, verdict.PodSlot)));
    }

    /// <summary>Fragments of a flow come to one worker, its whole packets to another; the pods have changed since the flow began.</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void FragmentsOnAnotherWorkerReachThePodOfTheFlowsSession(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family, TwoWorkers);
        uint[] pods = scene.Site.Pods(protocol);
        scene.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), pods[..1]);
        PacketSpec[] requests = [.. Enumerable.Range(1, 40).Select(port => scene.Site.Request(protocol, port) with { PayloadBytes = 101 })];
        foreach (PacketSpec request in requests) Assert.Equal(pods[0], scene.Site.Forward(request).PodSlot);
        scene.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), pods[1..]);
        foreach (PacketSpec request in requests)
        {
            byte[][] fragments = FragmentCutter.Cut(request.Build(), 48);
            Assert.All(scene.Forward(1, request.Build(), fragments), verdict => Assert.Equal(pods[0], verdict.PodSlot));
        }

        scene.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AMasqueradedFlowHasOneSourceOnEveryWorkerWholeAndInFragments(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family, TwoWorkers);
        uint podSlot = scene.Site.Pods(protocol)[0];
        scene.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), podSlot);
        IPEndPoint pod = scene.Site.PodOf(podSlot, 80);
        for (int port = 1; port <= 40; port++)
        {
            // A pod that reaches itself: what it sees is the VIP.
            PacketSpec request = scene.Site.Request(protocol, port) with { From = new IPEndPoint(pod.Address, port), PayloadBytes = 101 };
            byte[] whole = request.Build();
            Verdict[] first = scene.Forward(port % 2, whole, FragmentCutter.Cut(whole, 48));
            IPEndPoint seen = Translation.SourceOf(scene.Path.Forward(family, (port + 1) % 2, request)[0].Bytes);
            Assert.Equal(request.To.Address, seen.Address);
            byte[] expected = Translation.ToPod(Translation.FromVip(whole, seen), pod);
            Assert.Equal(expected, FragmentCutter.Join(first.Select(verdict => verdict.Bytes), whole));

            byte[] answer = (scene.Site.Answer(request, podSlot) with { To = seen, PayloadBytes = 101 }).Build();
            Verdict[] back = scene.Return(answer, FragmentCutter.Cut(answer, 48));
            Assert.Equal(
                Translation.FromVip(Translation.ToPod(answer, request.From), request.To),
                FragmentCutter.Join(back.Select(verdict => verdict.Bytes), answer));
        }

        scene.Path.Audit();
    }

    private static uint AssertForwarded(FragmentScene scene, PacketSpec request, int partBytes, IEnumerable<int> order)
    {
        byte[] whole = request.Build();
        byte[][] fragments = FragmentCutter.Cut(whole, partBytes);
        Verdict[] verdicts = scene.Forward(whole, [.. order.Select(number => fragments[number])]);
        Assert.All(verdicts, verdict => Assert.Equal((Outcome.Translated, verdicts[0].PodSlot), (verdict.Outcome, (uint)verdict.Target)));
        byte[] expected = Translation.ToPod(whole, scene.Site.PodOf(verdicts[0].PodSlot, request.To.Port));
        Assert.Equal(expected, FragmentCutter.Join(verdicts.Select(verdict => verdict.Bytes), whole));
        return verdicts[0].PodSlot;
    }

    private static void AssertReturned(FragmentScene scene, PacketSpec request, PacketSpec answer, int partBytes, IEnumerable<int> order)
    {
        byte[] whole = answer.Build();
        byte[][] fragments = FragmentCutter.Cut(whole, partBytes);
        Verdict[] verdicts = scene.Return(whole, [.. order.Select(number => fragments[number])]);
        Assert.All(verdicts, verdict => Assert.Equal((Outcome.Translated, SessionUse.Existing), (verdict.Outcome, verdict.Session)));
        if (fragments.Length > order.Count()) return;
        Assert.Equal(Translation.FromVip(whole, request.To), FragmentCutter.Join(verdicts.Select(verdict => verdict.Bytes), whole));
    }
}
