using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>What a change costs does not depend on what is there already, told by what it allocates and not by time.</summary>
public sealed unsafe class ScaleTests : IDisposable
{
    private const int PodsEach = 4;
    private readonly CatalogFixture _fixture = new(vips: Limits.Vips, services: Limits.Services, podSlots: 1 << 19);
    private int _serviceCount;

    public ScaleTests() => _fixture.Plane.ChecksSnapshots = false;

    public void Dispose() => _fixture.Dispose();

    /// <summary>
    /// The one thing that grows is the root of the snapshot: eight bytes for 256 services. An address behind all others may begin a run of
    /// <see cref="CountedNumbers"/>.
    /// </summary>
    [Fact]
    public void APodMoreOrLessTakesTheSamePiecesWithTenAndWithTwentyThousandServices()
    {
        var costs = new List<Cost>();
        foreach (int count in new[] { 10, 1_000, 20_000 })
        {
            AddServicesUpTo(count);
            costs.Add(CostOfAPodMoreAndLess());
        }

        Assert.All(costs, cost => Assert.Equal(costs[0].PieceCount, cost.PieceCount));
        Assert.All(costs, cost => Assert.Equal(costs[0].BytesWithoutRoots, cost.BytesWithoutRoots));
        Assert.All(costs, cost => Assert.InRange(cost.ManagedBytes, 0, costs[0].ManagedBytes + 4096));
    }

    [Fact]
    [Trait("Defect", "D21")]
    public void AServiceMoreOrLessTakesTheSamePiecesWithTenAndWithTenThousandServices()
    {
        var costs = new List<Cost>();
        foreach (int count in new[] { 10, 10_000 })
        {
            AddServicesUpTo(count);
            costs.Add(CostOf("ku vip 91.0.0.1/32 port 80 protocol tcp", "ku vip 91.0.0.1/32 port 80 protocol tcp del"));
        }

        Assert.Equal(costs[0].PieceCount, costs[1].PieceCount);
        Assert.InRange(costs[1].ManagedBytes, 0, costs[0].ManagedBytes + 512);
    }

    [Fact]
    public void AHundredThousandServicesComeAndGoAndTheirMemoryReturns()
    {
        (int blocks, nuint bytes) = (_fixture.Plane.BlockCount, _fixture.Plane.UsedBytes);
        long managedBefore = GC.GetTotalMemory(forceFullCollection: true);
        AddServicesUpTo(100_000);
        Assert.Equal((100_000, 100_000 * PodsEach), (_fixture.Catalog.ServiceCount, _fixture.Catalog.UsedPodSlotCount));
        Assert.Equal(_fixture.Plane.UsedBytes, _fixture.Catalog.SnapshotBytes);
        _fixture.Plane.Log.Clear();
        long managedFull = GC.GetTotalMemory(forceFullCollection: true) - managedBefore;
        for (int i = 0; i < 100_000; i++) _fixture.Run($"ku vip {Vip(i)} port 80 protocol tcp del");
        for (int i = 0; i < 2_000; i++) _fixture.Catalog.Maintain();
        Assert.Equal((0, 0), (_fixture.Catalog.ServiceCount, _fixture.Catalog.UsedPodSlotCount));
        Assert.Equal((blocks, bytes), (_fixture.Plane.BlockCount, _fixture.Plane.UsedBytes));
        _fixture.Plane.Log.Clear();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - managedBefore, long.MinValue, managedFull / 3);
    }

    [Fact]
    public void AThousandPodsOfOneServiceHaveEqualShares()
    {
        _fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 65536");
        _fixture.Run($"ku pod 90.0.0.0/8 {string.Join(' ', Enumerable.Range(1, 999).Select(Pod))}");
        _fixture.Run($"ku pod 90.0.0.0/8 {Pod(1000)}");
        int[] shares = Shares(_fixture.Service("90.0.0.0/8", 6, 80));
        Assert.Equal(1000, shares.Length);
        Assert.All(shares, share => Assert.InRange(share, 65, 66));
        foreach (int i in Enumerable.Range(1, 999)) _fixture.Run($"ku pod 90.0.0.0/8 {Pod(i)} del");
        Assert.Equal([65536], Shares(_fixture.Service("90.0.0.0/8", 6, 80)));
    }

    private static string Vip(int number) => $"90.{number >> 16}.{(number >> 8) & 255}.{number & 255}";

    private static string Pod(int number) => $"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}";

    private static int[] Shares(Service service)
    {
        var entry = (ServiceEntry*)service.Entry.Start;
        var slots = new ReadOnlySpan<uint>(ServiceEntry.Table(entry), (int)entry->TableMask + 1);
        return [.. slots.ToArray().GroupBy(slot => slot).Select(slot => slot.Count())];
    }

    private void AddServicesUpTo(int count)
    {
        for (; _serviceCount < count; _serviceCount++)
        {
            string vip = Vip(_serviceCount);
            _fixture.Run($"ku vip {vip} port 80 protocol tcp new_len 16");
            int first = _serviceCount * PodsEach;
            _fixture.Run($"ku pod {vip} port 80 protocol tcp {Pod(first + 1)} {Pod(first + 2)} {Pod(first + 3)} {Pod(first + 4)}");
        }
    }

    private Cost CostOfAPodMoreAndLess()
    {
        string line = $"ku pod {Vip(_serviceCount / 2)} port 80 protocol tcp 11.0.0.1";
        return CostOf(line, $"{line} del");
    }

    /// <summary>The cheapest of some: a collection that grows with use does so once in a while.</summary>
    private Cost CostOf(string add, string remove)
    {
        var costs = new List<Cost>();
        for (int i = 0; i < 8; i++)
        {
            (long pieces, ulong bytes, long managed) = (_fixture.Plane.AllocationCount, _fixture.Plane.AllocatedBytes, GC.GetAllocatedBytesForCurrentThread());
            _fixture.Run(add);
            ulong roots = RootBytes();
            _fixture.Run(remove);
            roots += RootBytes();
            costs.Add(new Cost(
                _fixture.Plane.AllocationCount - pieces, _fixture.Plane.AllocatedBytes - bytes - roots, GC.GetAllocatedBytesForCurrentThread() - managed));
        }

        return costs.MinBy(cost => cost.ManagedBytes)!;
    }

    private ulong RootBytes() => Snapshot.LengthBytes(_fixture.Plane.Published->PageCount);

    private sealed record Cost(long PieceCount, ulong BytesWithoutRoots, long ManagedBytes);
}
