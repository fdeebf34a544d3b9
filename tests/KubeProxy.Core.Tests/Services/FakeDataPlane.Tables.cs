using KubeProxy.Core.Services;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Tables of the data plane over nothing: those that a test says exist, and those that are in use.</summary>
internal sealed unsafe partial class FakeDataPlane
{
    /// <summary>Tables that exist besides table 0.</summary>
    public SortedSet<uint> Tables { get; } = [7, 8, VipKey.MaxTable];

    /// <summary>Tables besides table 0 that have been used and not let go of.</summary>
    public SortedSet<uint> UsedTables { get; } = [];

    public void ReleaseTables() =>
        UsedTables.RemoveWhere(table => !PodTables.ContainsValue(table) && InstalledVips.Values.All(vip => vip.Table != table));

    private void UseTable(uint table)
    {
        if (table == 0) return;
        if (!Tables.Contains(table)) throw new CommandException($"table {table} does not exist");
        UsedTables.Add(table);
    }
}
