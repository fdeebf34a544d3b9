using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>A command stops the workers once at most, and only if it has to (invariant CFG-9).</summary>
public class WorkerStopTests
{
    public static TheoryData<string, int> Lines => new()
    {
        { "ku vip 91.0.0.0/8 port 80 target_port 81", 1 },
        { "ku vip 90.0.0.0/8 port 80 del", 1 },
        { "ku vip 2003::/16 del", 1 },
        { "ku pod 90.0.0.0/8 10.0.0.3", 1 },
        { "ku pod 90.0.0.0/8 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.1.1 10.0.1.2", 1 },
        { "ku conf buckets 1024 timeout 60", 1 },
        { "ku set interface nat4 in pg1", 1 },
        { "test kube-proxy flowtable flush", 1 },
        { "ku pod 90.0.0.0/8 10.0.0.9", 0 },
        { "ku pod 2003::/16 2001::2 del", 0 },
        { "ku pod 2003::/16 2001::2 weight 5", 0 },
        { "ku pod 2003::/16 2001::2 drain 30", 0 },
        { "ku pod 2003::/16 2001::2 drain 0", 1 },
        { "ku pod 90.0.0.0/8 10.0.0.9 10.0.0.3 weight 0", 1 },
        { "ku vip 91.0.0.0/8 masquerade 10.9.9.9", 1 },
        { "ku conf masquerade-ports 1024-2047", 1 },
        { "ku vip 90.0.0.0/8 port 81 node_port 30081", 1 },
        { "ku vip 2003::/16 port 81 node_port 30081", 1 },
        { "ku conf node-port-range 1-65535", 0 },
        { "ku conf timeout default", 0 },
        { "show ku", 0 },
        { "show ku vip verbose", 0 },
        { "show ku sessions", 0 },
        { "show ku memory", 0 },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void ALineStopsTheWorkersOnceOrNotAtAll(string line, int expected)
    {
        using CatalogFixture fixture = Prepared();
        int before = fixture.Plane.StopCount;
        fixture.Run(line);
        Assert.Equal(expected, fixture.Plane.StopCount - before);
    }

    [Theory]
    [InlineData("ku vip 90.0.0.0/8 port 80")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.3 10.0.0.3")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.3 90.0.0.1")]
    [InlineData("ku pod 2003::/16 2001::9 del")]
    [InlineData("ku vip 91.0.0.0/8 port 81 node_port 80")]
    [InlineData("ku conf node-port-range 5-4")]
    [InlineData("ku conf buckets 1000")]
    [InlineData("ku set interface nat4 in nowhere")]
    public void ALineThatIsRefusedStopsNobody(string line)
    {
        using CatalogFixture fixture = Prepared();
        int before = fixture.Plane.StopCount;
        fixture.Fail(line);
        Assert.Equal(before, fixture.Plane.StopCount);
    }

    /// <summary>Once packets ask for node ports, another node port of a VIP that is there already is one more word in a table.</summary>
    [Fact]
    public void ASecondNodePortStopsNobodyUnlessCountersGrow()
    {
        using CatalogFixture fixture = Prepared();
        fixture.RunAll("ku vip 2003::/16 port 81 node_port 30081", "ku vip 2003::/16 port 82", "ku vip 2003::/16 port 82 del");
        int before = fixture.Plane.StopCount;
        fixture.RunAll("ku vip 2003::/16 port 83 node_port 30083", "ku vip 2003::/16 port 83 del");
        Assert.Equal(before, fixture.Plane.StopCount);
        fixture.Run("ku vip 2003::/16 port 81 del");
        Assert.Equal(before + 1, fixture.Plane.StopCount);
    }

    [Fact]
    public void UndoingIsPartOfTheOneStop()
    {
        using CatalogFixture fixture = Prepared();
        int before = fixture.Plane.StopCount;
        fixture.Plane.Log.Clear();
        string[] pods = ["10.0.0.3", "10.0.0.4", "10.0.0.5"];
        fixture.Plane.FailAt = "Publish";
        Assert.Throws<CommandException>(() => fixture.Run($"ku pod 90.0.0.0/8 {string.Join(' ', pods)}"));
        int undone = fixture.Plane.Log.Count(call => call.StartsWith("UnfollowPod", StringComparison.Ordinal));
        Assert.Equal(2 * pods.Length, undone);
        Assert.Equal(1, fixture.Plane.StopCount - before);
    }

    /// <summary>What is allocated while the workers stand is a page and a root, whatever the tables' size.</summary>
    [Theory]
    [InlineData("ku vip 91.0.0.0/8 port 80 new_len 65536")]
    [InlineData("ku vip 91.0.0.0/8 port 80 new_len 65536 node_port 30080")]
    [InlineData("ku pod 92.0.0.0/8 10.0.0.3 10.0.0.4")]
    public void TablesAreBuiltBeforeTheWorkersAreStopped(string line)
    {
        using CatalogFixture fixture = Prepared();
        fixture.Run("ku vip 92.0.0.0/8 port 80 protocol tcp new_len 65536");
        nuint before = fixture.Plane.BytesWhileStopped;
        fixture.Run(line);
        Assert.InRange(fixture.Plane.BytesWhileStopped - before, 0u, 4096u);
    }

    [Fact]
    public void AllPodsThatHaveDrainedAreLetGoInOneStop()
    {
        using CatalogFixture fixture = Prepared();
        fixture.Plane.HoldsRetired = true;
        fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 del");
        fixture.Plane.PassQuiescentPoint();
        int before = fixture.Plane.StopCount;
        int followed = fixture.Plane.FollowedPods.Count;
        fixture.Catalog.Maintain();
        Assert.Equal(followed - 4, fixture.Plane.FollowedPods.Count);
        Assert.Equal(1, fixture.Plane.StopCount - before);
    }

    // Two families, TCP and UDP at one port, a pod that drains because a session is left.
    private static CatalogFixture Prepared()
    {
        var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80", "ku pod 90.0.0.0/8 10.0.0.9", "ku vip 2003::/16", "ku pod 2003::/16 2001::2 2001::3");
        for (uint slot = 1; slot <= 4; slot++) fixture.Plane.SessionCounts[slot] = 1;
        fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.9 del", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2");
        return fixture;
    }
}
