using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Adding and deleting leaves nothing behind.</summary>
public class BalanceTests
{
    private static readonly string[] Cycle =
    [
        "ku vip 90.0.0.0/8 port 3306 target_port 3307 nat4",
        "ku vip 90.0.0.0/8 port 53 protocol udp node_port 30053",
        "ku vip 2003::/16 nat66 new_len 2048",
        "ku pod 90.0.0.0/8 port 3306 10.0.0.1 10.0.0.2",
        "ku pod 2003::/16 2001::2 2001::3 2001::4",
        "ku set interface nat4 in pg1",
        "ku pod 90.0.0.0/8 port 3306 10.0.0.1 del",
        "ku pod 90.0.0.0/8 port 3306 10.0.0.1",
        "ku vip 90.0.0.0/8 port 3306 del",
        "ku pod 2003::/16 2001::2 2001::3 2001::4 del",
        "ku vip 90.0.0.0/8 port 53 node_port 30053 del",
        "ku set interface nat4 in pg1 del",
        "ku vip 2003::/16 del",
    ];

    [Fact]
    [Trait("Defect", "D14")]
    [Trait("Defect", "A-15")]
    [Trait("Defect", "D22")]
    [Trait("Defect", "A-14")]
    public void AThousandCyclesLeakNothingAndUseTheSameNumbers()
    {
        using var fixture = new CatalogFixture();
        string before = fixture.Describe();
        (int blocks, nuint bytes) = (fixture.Plane.BlockCount, fixture.Plane.UsedBytes);
        for (int i = 0; i < 1000; i++) fixture.RunAll(Cycle);
        Assert.Equal((blocks, bytes), (fixture.Plane.BlockCount, fixture.Plane.UsedBytes));
        Assert.Equal(before, fixture.Describe());
        fixture.Run("ku vip 90.0.0.0/8");
        Assert.InRange(fixture.Vip("90.0.0.0/8").Slot, 0u, 5u);
        Assert.InRange(fixture.Catalog.Vips[0].Services.Single().Index, 0u, 7u);
    }

    [Fact]
    [Trait("Defect", "D15")]
    public void NothingIsFreedWhileAWorkerMayReadItAndEverythingAfterwards()
    {
        using var fixture = new CatalogFixture();
        int blocks = fixture.Plane.BlockCount;
        fixture.Plane.HoldsRetired = true;
        for (int i = 0; i < 10; i++) fixture.RunAll(Cycle);
        Assert.True(fixture.Plane.BlockCount > blocks + (10 * Cycle.Length));
        fixture.Plane.PassQuiescentPoint();
        Assert.Equal(blocks, fixture.Plane.BlockCount);
    }

    [Fact]
    public void TenThousandVipsWorkAndGoWithoutATrace()
    {
        using var fixture = new CatalogFixture(vips: Limits.Vips, services: Limits.Services);
        fixture.Plane.ChecksSnapshots = false;
        (int blocks, nuint bytes) = (fixture.Plane.BlockCount, fixture.Plane.UsedBytes);
        string[] lines = [.. Enumerable.Range(0, 10_000).Select(i => $"ku vip 90.0.{i >> 8}.{i & 255}/32 port 80 protocol tcp")];
        fixture.RunAll(lines);
        Assert.Equal(10_000, fixture.Plane.InstalledVips.Count);
        Assert.Equal(10_001, fixture.Run("show ku vip").Split('\n').Length);
        foreach (string line in lines) fixture.Run(line + " del");
        Assert.Equal((blocks, bytes), (fixture.Plane.BlockCount, fixture.Plane.UsedBytes));
    }
}
