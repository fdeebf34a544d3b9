using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Masquerading when ports or room run short.</summary>
public sealed unsafe class SourcePortStories
{
    private const int PortCount = 24;
    private static readonly DataPathOptions FewPorts = new() { SourcePortCount = PortCount, BucketCount = 256, ReturnBucketCount = 256 };

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void EveryPortServesTowardsEveryPodAndThenFlowsAreRefused(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, FewPorts, podCount: 2);
        int[] taken = new int[2];
        int refused = 0;
        for (int client = 1; client <= 200; client++)
        {
            PacketSpec request = scene.Request(client: client);
            if (scene.OutcomeOf(request) == Outcome.Translated) taken[Array.IndexOf(scene.Pods, scene.Send(request).PodSlot)]++;
            else refused++;
        }

        Assert.Equal([PortCount, PortCount], taken);
        Assert.Equal(200 - (2 * PortCount), refused);
        Assert.Equal(Outcome.NoSourcePort, scene.OutcomeOf(scene.Request(client: 200)));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APortIsFreeAgainWhenItsSessionIsOver(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, FewPorts, podCount: 1);
        for (int client = 1; client <= PortCount; client++) _ = scene.Send(scene.Request(client: client));
        Assert.Equal(Outcome.NoSourcePort, scene.OutcomeOf(scene.Request(client: 99)));
        scene.Path.Pass(scene.Path.Options.TcpTimeoutSeconds + 10);
        (uint pod, IPEndPoint source) = scene.Send(scene.Request(client: 99));
        scene.Answer(scene.Request(client: 99), pod, source);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AFlowThatCannotBeRememberedIsRefusedAndNotSentWithoutASession(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, new DataPathOptions { BucketCount = 2, ReturnBucketCount = 16 });
        List<Outcome> outcomes = [.. Enumerable.Range(1, 30).Select(port => scene.OutcomeOf(scene.Request(port)))];
        Assert.Equal([Outcome.NoSourcePort, Outcome.Translated], outcomes.Distinct().Order().Reverse());
        Assert.Equal(0u, scene.Path.Worker()->Untracked[Topology.ServiceOf(protocol)]);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void SessionsThatMoveWithinAFullTableKeepTheirPorts(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, new DataPathOptions { BucketCount = 16, ReturnBucketCount = 32 });
        var known = new Dictionary<int, (uint, IPEndPoint)>();
        for (int port = 1; port <= 300; port++)
        {
            if (scene.OutcomeOf(scene.Request(port)) == Outcome.Translated) known.Add(port, scene.Send(scene.Request(port)));
            foreach ((int other, (uint, IPEndPoint) pair) in known) Assert.Equal(pair, scene.Send(scene.Request(other)));
        }

        Assert.InRange(known.Count, 50, 64);
        foreach ((int port, (uint pod, IPEndPoint source)) in known) scene.Answer(scene.Request(port), pod, source);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void UntilNineTenthsOfThePortsAreInUseNoFlowIsRefused(IpFamily family, byte protocol)
    {
        using var scene = new MasqueradeScene(family, protocol, new() { BucketCount = 1024, ReturnBucketCount = 2048 }, podCount: 1);
        var sources = new HashSet<IPEndPoint>();
        for (int port = 1; port <= 900; port++) Assert.True(sources.Add(scene.Send(scene.Request(port)).Source));
    }

    [Theory]
    [InlineData(150)]
    [InlineData(3000)]
    public void PartsOfARangeAreEqualAndApart(uint count)
    {
        var ports = new HashSet<uint>();
        for (uint worker = 0; worker < 3; worker++)
        {
            var own = new HashSet<uint>();
            SourcePorts part = SourcePorts.PartOf(40_000, count + 2, worker, 3);
            Assert.Equal(count / 3, part.Count);
            for (uint hash = 0; hash < 100; hash++)
                for (uint attempt = 0; attempt < SourcePorts.MaxAttempts; attempt++) own.Add(Be16.FromWire(part.At(hash * 0x2545_F491, attempt)).Host);
            Assert.InRange(own.Count, (int)part.Count * 99 / 100, (int)part.Count);
            Assert.False(ports.Overlaps(own));
            ports.UnionWith(own);
        }

        Assert.InRange(ports.Max() - ports.Min(), count - 10, count - 1);
    }

    [Fact]
    public void AShortRangeIsTriedAsAWhole()
    {
        SourcePorts part = SourcePorts.PartOf(65_535 - 63, 64, 0, 1);
        Assert.Equal(64, Enumerable.Range(0, 64).Select(attempt => Be16.FromWire(part.At(0x8000_0000, (uint)attempt)).Host).Distinct().Count());
    }
}
