using CsCheck;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Duel;
using KubeProxy.Properties.Tests.Generators;
using KubeProxy.Properties.Tests.Setup;
using Xunit;

namespace KubeProxy.Properties.Tests;

/// <summary>Which pod a flow gets, and what must not matter for that.</summary>
public sealed class FlowPropertyTests
{
    private const int Flows = 120;

    [Fact]
    [Trait("Check", "P7")]
    public void AFlowThatIsRememberedKeepsItsPod() => Scenario.Each(60, 15, scenario =>
        {
            var pods = new Dictionary<Flow, PlainPod>();
            using var play = new Play(scenario);
            play.Translated = (packet, verdict) =>
            {
                if (verdict.Flow is not (FlowCount.Existing or FlowCount.First)) return;
                Flow flow = FlowOf(packet);
                if (verdict.Flow == FlowCount.Existing) Assert.Same(pods[flow], verdict.Pod);
                Assert.Equal(verdict.Pod!.Address, new PlainPacket(verdict.Packet).Destination);
                pods[flow] = verdict.Pod!;
            };
            play.Run();
        });

    /// <summary>The oracle knows no workers: with two of them, between which flows and answers are spread, nothing may differ.</summary>
    [Fact]
    [Trait("Check", "P9")]
    public void OnTwoWorkersEveryPacketLeavesAsOnOne()
    {
        long busy = 0;
        Scenario.Each(60, 16, scenario =>
            {
                using var play = new Play(scenario, RealRouter.Roomy with { WorkerCount = 2 });
                play.Run();
                busy += play.Routers.Real.Sessions().Select(session => session.Worker).Distinct().Count() == 2 ? 1 : 0;
            });
        Assert.True(busy > 10, $"both workers had sessions in {busy} plays only");
    }

    /// <summary>Another random key, empty tables, the lines typed again.</summary>
    [Fact]
    [Trait("Check", "P10")]
    public void AfterARestartEveryFlowFindsItsPod() => Gen.Int[0, int.MaxValue - 1].Sample(
        seed =>
        {
            using var before = new TwoRouters();
            new Configuration(before, new Random(seed)).Build();
            using var after = new RealRouter(RealRouter.Roomy with { Seed = 77 });
            foreach (string line in before.Lines) Assert.DoesNotContain("error", after.Type(line), StringComparison.Ordinal);
            foreach ((System.Net.IPAddress pod, int mtuBytes) in before.Plain.MtuBytes) after.SetMtu(pod, (uint)mtuBytes);
            foreach (byte[] packet in FirstPackets(seed)) AssertSamePod(before.Real, after, packet);
        },
        iter: 40,
        threads: 1);

    [Fact]
    [Trait("Check", "P11")]
    public void TheOrderInWhichPodsAreAddedDoesNotMatter() => Gen.Select(Gen.Int[0, int.MaxValue - 1], Gen.Shuffle(Enumerable.Range(0, World.PodCount).ToArray())).Sample(
        (seed, order) =>
        {
            var random = new Random(seed);
            string[] weights = [.. Enumerable.Range(0, World.PodCount).Select(_ => random.Next(3) == 0 ? $" weight {random.Next(1, 9)}" : "")];
            string service = $"10.96.0.1/32 port 80 protocol {(random.Next(2) == 0 ? "tcp" : "udp")}";
            using RealRouter sorted = WithPods(service, weights, [.. Enumerable.Range(0, World.PodCount)]);
            using RealRouter shuffled = WithPods(service, weights, order);

            // Going and coming again changes nothing either.
            _ = shuffled.Type($"kube-proxy pod {service} {World.Pod(false, order[0])} del");
            _ = shuffled.Type($"kube-proxy pod {service} {World.Pod(false, order[0])}{weights[order[0]]}");
            foreach (byte[] packet in FirstPackets(seed)) AssertSamePod(sorted, shuffled, packet);
        },
        iter: 40,
        threads: 1);

    private static RealRouter WithPods(string service, string[] weights, int[] order)
    {
        var router = new RealRouter();
        Assert.Equal("", router.Type($"kube-proxy vip {service} new_len 64"));
        foreach (int pod in order) Assert.Equal("", router.Type($"kube-proxy pod {service} {World.Pod(false, pod)}{weights[pod]}"));
        return router;
    }

    /// <summary>First packets of flows that differ, and so do not clash: ports of the clients are all others.</summary>
    private static IEnumerable<byte[]> FirstPackets(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < Flows; i++)
        {
            bool ip6 = i % 2 == 0;
            var ends = new Ends(System.Net.IPAddress.Parse(ip6 ? "2001:db8:c::9" : "192.0.2.9"), 20_000 + i, World.AddressOf(random, ip6), 80);
            byte[] packet = PacketMaker.Make(random, ends, i % 3 == 0 ? IpProtocol.Udp : IpProtocol.Tcp);
            var read = new PlainPacket(packet);
            if (read.Shape != Shape.Whole) continue;
            if (read.Protocol == IpProtocol.Tcp) packet[read.L4 + 13] = 2;
            yield return packet;
        }
    }

    private static void AssertSamePod(RealRouter one, RealRouter other, byte[] packet)
    {
        System.Net.IPAddress destination = new PlainPacket(packet).Destination;
        uint? slot = one.Route(destination);
        uint? sameSlot = other.Route(destination);
        Assert.Equal(slot == null, sameSlot == null);
        if (slot == null || sameSlot == null) return;
        Deed left = one.Forward(packet, slot.Value);
        Deed right = other.Forward(packet, sameSlot.Value);
        Assert.Equal(left.Verdict.Outcome, right.Verdict.Outcome);
        Assert.Equal(Convert.ToHexString(left.Verdict.Bytes), Convert.ToHexString(right.Verdict.Bytes));
    }

    private static Flow FlowOf(byte[] packet)
    {
        var read = new PlainPacket(packet);
        return new Flow(read.Protocol, read.Source, read.SourcePort, read.Destination, read.DestinationPort);
    }
}
