using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Routes;

/// <summary>
/// The tables with VIPs and followed pods, by the user's numbers. The first of them in a table opens the table's realm, and locks
/// the table in VPP: it stays, whoever deletes it, until the last of them has left and <see cref="Release"/> is called.
/// Table 0 is always there.
/// </summary>
internal sealed unsafe class FibTables(WorkerSet workers, VppCounters counters, fib_source_t source)
{
    private readonly Dictionary<uint, Use> _uses = [];

    /// <summary>True when somebody has left a table as its last: looking costs memory, and is asked for once a second.</summary>
    private bool _mayRelease;

    /// <summary>Refuses a table that does not exist.</summary>
    public void Check(uint table, bool isIp6)
    {
        if (table != 0 && _uses.GetValueOrDefault(table)?.Of(isIp6).Index == null) _ = Find(table, isIp6);
    }

    /// <summary>VPP's index of a table for one more VIP or pod of a family; a table that does not exist is refused.</summary>
    public uint Enter(uint table, bool isIp6, out uint realm)
    {
        realm = 0;
        if (table == 0) return FibSource.DefaultTable;
        if (!_uses.TryGetValue(table, out Use? use) || use.Of(isIp6).Index == null) use = Open(table, isIp6);
        use.Of(isIp6).Count++;
        realm = use.Realm.Number;
        return use.Of(isIp6).Index!.Value;
    }

    /// <summary>VPP's index of a table that has been entered.</summary>
    public uint IndexOf(uint table, bool isIp6) => table == 0 ? FibSource.DefaultTable : _uses[table].Of(isIp6).Index!.Value;

    /// <summary>One VIP or pod of a family less.</summary>
    public void Leave(uint table, bool isIp6)
    {
        if (table == 0) return;
        _mayRelease |= --_uses[table].Of(isIp6).Count == 0;
    }

    /// <summary>Unlocks the tables that everybody has left, and closes their realms.</summary>
    public void Release()
    {
        workers.FreeClosed();
        if (!_mayRelease) return;
        _mayRelease = false;
        foreach ((uint table, Use use) in _uses.ToArray())
        {
            Unlock(use.Ip4, isIp6: false);
            Unlock(use.Ip6, isIp6: true);
            if (use.Ip4.Index != null || use.Ip6.Index != null) continue;
            _uses.Remove(table);
            workers.CloseRealm(use.Realm);
        }
    }

    private Use Open(uint table, bool isIp6)
    {
        uint index = Find(table, isIp6);
        if (!_uses.TryGetValue(table, out Use? use))
        {
            use = new Use(workers.OpenRealm(table));
            counters.Attach(use.Realm);
            workers.Show(use.Realm);
            _uses.Add(table, use);
        }

        Fib.fib_table_lock(index, ProtocolOf(isIp6), source);
        use.Of(isIp6).Index = index;
        Volatile.Write(ref RealmMap.ByTable(isIp6)[index], (byte)use.Realm.Number);
        return use;
    }

    private static uint Find(uint table, bool isIp6)
    {
        uint index = Fib.fib_table_find(ProtocolOf(isIp6), table);
        string family = isIp6 ? "IPv6" : "IPv4";
        if (index == uint.MaxValue) throw new CommandException($"table {table} does not exist in {family}");
        if (index < RealmMap.TableCount) return index;
        throw new CommandException($"table {table} of {family} came too late: only the first {RealmMap.TableCount} tables can have services");
    }

    private void Unlock(FamilyUse use, bool isIp6)
    {
        if (use.Count > 0 || use.Index is not uint index) return;
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Volatile.Write(ref RealmMap.ByTable(isIp6)[index], RealmMap.None);
        Fib.fib_table_unlock(index, ProtocolOf(isIp6), source);
        use.Index = null;
    }

    private static fib_protocol_t ProtocolOf(bool isIp6) => isIp6 ? fib_protocol_t.FIB_PROTOCOL_IP6 : fib_protocol_t.FIB_PROTOCOL_IP4;

    private sealed class Use(Realm realm)
    {
        public Realm Realm { get; } = realm;

        public FamilyUse Ip4 { get; } = new();

        public FamilyUse Ip6 { get; } = new();

        public FamilyUse Of(bool isIp6) => isIp6 ? Ip6 : Ip4;
    }

    private sealed class FamilyUse
    {
        /// <summary>VPP's index while the table is locked.</summary>
        public uint? Index { get; set; }

        public int Count { get; set; }
    }
}
