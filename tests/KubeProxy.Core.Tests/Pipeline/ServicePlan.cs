using System.Numerics;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>The services of a test; every change builds a whole new snapshot and publishes it.</summary>
public sealed unsafe class ServicePlan(DataPath* shared, NativeAllocator? allocator = null) : IDisposable
{
    private readonly SortedDictionary<uint, Dictionary<ulong, Entry>> _vips = [];
    private DataPathMemory _memory = new(allocator);

    /// <summary>VIPs that are another address of the VIP in another slot.</summary>
    public Dictionary<uint, uint> MainSlots { get; } = [];

    /// <summary>A service and the pod slots that its table names in turn.</summary>
    public sealed record Entry(uint ServiceIndex, uint[] PodSlots)
    {
        /// <summary>What earlier tables named, the latest first.</summary>
        public uint[][] Earlier { get; init; } = [];

        public uint AffinitySeconds { get; init; }

        public ushort MasqueradeIndex { get; init; }

        public bool IsMasqueradeForOutside { get; init; }
    }

    public void Set(uint vipSlot, byte protocol, ushort port, Entry entry)
    {
        if (!_vips.TryGetValue(vipSlot, out Dictionary<ulong, Entry>? services)) _vips.Add(vipSlot, services = []);
        services[VipEntry.Key(protocol, Be16.FromHost(port).Wire)] = entry;
        Publish();
    }

    public void RemoveVip(uint vipSlot)
    {
        _vips.Remove(vipSlot);
        Publish();
    }

    public void Dispose() => _memory.Dispose();

    private void Publish()
    {
        DataPathMemory old = _memory;
        _memory = new DataPathMemory(allocator);
        uint pageCount = _vips.Count == 0 ? 0 : (_vips.Keys.Max() >> Snapshot.PageLengthLog2) + 1;
        var snapshot = (Snapshot*)_memory.Allocate<byte>(Snapshot.LengthBytes(pageCount));
        snapshot->PageCount = pageCount;
        foreach ((uint slot, Dictionary<ulong, Entry> services) in _vips)
        {
            VipEntry*** pages = Snapshot.Pages(snapshot);
            uint page = slot >> Snapshot.PageLengthLog2;
            if (pages[page] == null) pages[page] = (VipEntry**)_memory.Allocate<nint>(Snapshot.PageLength);
            pages[page][slot & (Snapshot.PageLength - 1)] = BuildVip(slot, services);
        }

        shared->Current = snapshot;
        old.Dispose();
    }

    private VipEntry* BuildVip(uint slot, Dictionary<ulong, Entry> services)
    {
        uint length = BitOperations.RoundUpToPowerOf2(((uint)services.Count * 2) + 1);
        var vip = (VipEntry*)_memory.Allocate<byte>(VipEntry.LengthBytes(length));
        vip->TableMask = length - 1;
        vip->ServiceCount = (uint)services.Count;
        vip->IsServing = services.Values.Any(entry => entry.PodSlots.Length != 0) ? (ushort)1 : (ushort)0;
        vip->MainSlot = MainSlots.GetValueOrDefault(slot, slot);
        var slots = (ulong*)((byte*)vip + VipEntry.HeaderBytes);
        foreach ((ulong key, Entry entry) in services)
        {
            uint probe = VipEntry.FirstSlot(key);
            while (slots[(probe & vip->TableMask) * 2] != 0) probe++;
            slots[(probe & vip->TableMask) * 2] = key;
            slots[((probe & vip->TableMask) * 2) + 1] = (ulong)BuildService(entry);
            if ((byte)(key >> 16) == IpProtocol.Sctp) vip->HasSctp = 1;
        }

        return vip;
    }

    private ServiceEntry* BuildService(Entry entry)
    {
        uint length = entry.PodSlots.Length == 0 ? 1 : BitOperations.RoundUpToPowerOf2((uint)entry.PodSlots.Length) * 16;
        var service = (ServiceEntry*)_memory.Allocate<byte>(ServiceEntry.LengthBytes(length));
        service->ServiceIndex = entry.ServiceIndex;
        service->PodCount = (uint)entry.PodSlots.Length;
        service->TableMask = length - 1;
        service->AffinitySeconds = entry.AffinitySeconds;
        service->MasqueradeIndex = entry.MasqueradeIndex;
        service->IsMasqueradeForOutside = entry.IsMasqueradeForOutside ? (byte)1 : (byte)0;
        for (int i = 0; i < entry.Earlier.Length; i++)
            ServiceEntry.Earlier(service)[i] = BuildService(new Entry(entry.ServiceIndex, entry.Earlier[i]));
        if (entry.PodSlots.Length == 0) return service;
        service->LatestBirth = entry.PodSlots.Max();
        for (uint i = 0; i < length; i++) ServiceEntry.Table(service)[i] = entry.PodSlots[i % entry.PodSlots.Length];
        return service;
    }
}
