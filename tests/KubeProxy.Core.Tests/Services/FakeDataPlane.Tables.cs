using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Tables of the data plane over nothing: those that a test says exist, and those that are in use.</summary>
internal sealed unsafe partial class FakeDataPlane
{
    /// <summary>Tables that exist besides table 0.</summary>
    public SortedSet<uint> Tables { get; } = [7, 8, VipKey.MaxTable];

    /// <summary>Tables besides table 0 that have been used and not let go of.</summary>
    public SortedSet<uint> UsedTables { get; } = [];

    public void CheckTable(VipKey vip)
    {
        if (vip.Table != 0 && !Tables.Contains(vip.Table)) throw new CommandException($"table {vip.Table} does not exist");
    }

    public void ReleaseTables() =>
        UsedTables.RemoveWhere(table => !PodTables.ContainsValue(table) && InstalledVips.Values.All(vip => vip.Table != table));

    private void UseTable(uint table)
    {
        if (table == 0) return;
        Assert.Contains(table, Tables);
        UsedTables.Add(table);
    }
}
