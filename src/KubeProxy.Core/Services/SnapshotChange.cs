using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// The native pieces of one change: what it built, and what it replaces. Nothing is visible to workers before the
/// change is published; until then it can be given up without a trace.
/// </summary>
internal sealed unsafe class SnapshotChange
{
    private readonly IDataPlane _plane;
    private readonly List<NativeBlock> _built = [];
    private readonly List<NativeBlock> _replaced = [];

    /// <summary>An empty change.</summary>
    public SnapshotChange(IDataPlane plane) => _plane = plane;

    /// <summary>Zeroed memory for a new piece.</summary>
    public NativeBlock Allocate(nuint lengthBytes, string what)
    {
        NativeBlock block = NativeBlock.TryAllocate(_plane.Allocator, lengthBytes);
        if (block.IsNull) throw new CommandException($"out of memory: {lengthBytes} bytes for {what}");
        _built.Add(block);
        return block;
    }

    /// <summary>Frees a piece again that the change allocated last and does not need.</summary>
    public void TakeBack(NativeBlock block)
    {
        _built.RemoveAt(_built.Count - 1);
        block.Free(_plane.Allocator);
    }

    /// <summary>A piece that the published change no longer names.</summary>
    public void Replace(NativeBlock block)
    {
        if (!block.IsNull) _replaced.Add(block);
    }

    /// <summary>A service's entries that its next one does not name; without a next one, all of them.</summary>
    public void ReplaceEntries(Service service, NativeBlock next)
    {
        foreach (NativeBlock block in service.Entries())
        {
            if (next.IsNull || !TableHistory.Names(next, block)) Replace(block);
        }
    }

    /// <summary>The service's entry with these pods.</summary>
    public NativeBlock BuildService(Service service, List<Pod> pods)
    {
        uint tableLength = pods.Count == 0 ? 0 : service.TableLength;
        NativeBlock block = Allocate(ServiceEntry.LengthBytes(tableLength), $"a table of new_len {service.TableLength}");
        var entry = (ServiceEntry*)block.Start;
        entry->ServiceIndex = service.Index;
        entry->PodCount = (uint)pods.Count;
        entry->AffinitySeconds = service.AffinitySeconds;
        entry->MasqueradeIndex = service.MasqueradeIndex;
        entry->IsMasqueradeForOutside = service.IsMasqueradeForOutside ? (byte)1 : (byte)0;
        if (!service.Entry.IsNull) TableHistory.Fill(entry, service, _plane.ReadServiceCounter(ServiceCounter.FirstSession, service.Index));
        if (tableLength == 0) return block;
        entry->TableMask = tableLength - 1;
        var maglev = new MaglevPod[pods.Count];
        for (int i = 0; i < maglev.Length; i++)
        {
            entry->LatestBirth = Math.Max(entry->LatestBirth, pods[i].Birth);
            maglev[i] = new MaglevPod(pods[i].Number, service.TargetPort, pods[i].Slot, pods[i].Weight);
        }

        Maglev.Fill(maglev, ServiceEntry.Table(entry), tableLength);
        return block;
    }

    /// <summary>A VIP's entry with these services; other addresses of the VIP share it.</summary>
    public NativeBlock BuildVip(Vip vip, IReadOnlyCollection<KeyValuePair<ServiceKey, NativeBlock>> services)
    {
        uint length = 2;
        while (length < 2 * services.Count) length *= 2;
        NativeBlock block = Allocate(VipEntry.LengthBytes(length), $"{services.Count} services of a VIP");
        var entry = (VipEntry*)block.Start;
        entry->TableMask = length - 1;
        entry->ServiceCount = (uint)services.Count;
        entry->MainSlot = vip.Slot;
        foreach ((ServiceKey key, NativeBlock service) in services)
        {
            Insert(entry, key, service);
            if (key.Protocol == Net.IpProtocol.Sctp) entry->HasSctp = 1;
        }

        return block;
    }

    /// <summary>A node port's entry: that of a VIP with one service, under the node port in place of the service's own.</summary>
    public NativeBlock BuildNodePort(Service service, NodePort nodePort, NativeBlock entry) =>
        BuildVip(service.Vip, [KeyValuePair.Create(new ServiceKey(service.Key.Protocol, nodePort.Port), entry)]);

    /// <summary>Frees what was built; the change never happened.</summary>
    public void GiveUp()
    {
        foreach (NativeBlock block in _built) block.Free(_plane.Allocator);
        _built.Clear();
        _replaced.Clear();
    }

    /// <summary>Frees what was replaced, as soon as no worker reads it; the change is published.</summary>
    public void RetireReplaced()
    {
        foreach (NativeBlock block in _replaced) _plane.Retire(block);
        _built.Clear();
        _replaced.Clear();
    }

    private static void Insert(VipEntry* entry, ServiceKey key, NativeBlock service)
    {
        ulong native = VipEntry.Key(key.Protocol, Net.Be16.FromHost(key.Port).Wire);
        byte* slots = (byte*)entry + VipEntry.HeaderBytes;
        uint probe = VipEntry.FirstSlot(native) & entry->TableMask;
        while (*(ulong*)(slots + (probe * VipEntry.SlotBytes)) != 0) probe = (probe + 1) & entry->TableMask;
        *(ulong*)(slots + (probe * VipEntry.SlotBytes)) = native;
        *(void**)(slots + (probe * VipEntry.SlotBytes) + 8) = service.Start;
        if (((ServiceEntry*)service.Start)->PodCount != 0) entry->IsServing = 1;
    }
}
