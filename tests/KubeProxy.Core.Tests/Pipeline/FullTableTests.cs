using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>More flows than the table holds: everybody is served, live sessions stay, the rest is not remembered.</summary>
public sealed class FullTableTests
{
    [Theory]
    [Trait("Check", "I-11")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AFlowWithoutRoomIsServedByThePodThatTheTableNames(IpFamily family, byte protocol)
    {
        // The same flows, once with room for all: what is not remembered must get the same pod.
        using var roomy = new Topology(family, new DataPathOptions { BucketCount = 1024, ReturnBucketCount = 1024 });
        using var full = new Topology(family, new DataPathOptions { BucketCount = 1 });
        int untracked = 0;
        for (int port = 1; port <= 100; port++)
        {
            PacketSpec request = full.Request(protocol, port);
            Verdict expected = roomy.Forward(request);
            Verdict verdict = full.Forward(request);
            Assert.Equal(SessionUse.First, expected.Session);
            Assert.Equal(expected.PodSlot, verdict.PodSlot);
            Assert.Equal(expected.Bytes, verdict.Bytes);
            Assert.Equal(port <= 4 ? SessionUse.First : SessionUse.Untracked, verdict.Session);
            if (port > 4) untracked++;
        }

        Assert.Equal((ulong)untracked, Counters.Of(full.Path).Untracked(Topology.ServiceOf(protocol)));
        for (int port = 1; port <= 4; port++) Assert.Equal(SessionUse.Existing, full.Forward(full.Request(protocol, port)).Session);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AFullTableRemembersAgainWhenOldSessionsAreOver(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 1 });
        for (int port = 1; port <= 4; port++) _ = site.Forward(site.Request(protocol, port));
        Assert.Equal(SessionUse.Untracked, site.Forward(site.Request(protocol, 5)).Session);
        site.Path.Pass(2000);
        Assert.Equal(SessionUse.First, site.Forward(site.Request(protocol, 5)).Session);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AFullReturnIndexMeansNotRememberedToo(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, new DataPathOptions { ReturnBucketCount = 1 });
        for (int port = 1; port <= 8; port++) Assert.Equal(SessionUse.First, site.Forward(site.Request(protocol, port)).Session);
        Assert.Equal(SessionUse.Untracked, site.Forward(site.Request(protocol, 9)).Session);
    }
}
