using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>One service: a VIP, a protocol and a port, served by pods.</summary>
public sealed class Service
{
    private readonly Dictionary<IPAddress, Pod> _pods = [];

    internal Service(Vip vip, ServiceKey key, ushort targetPort, uint tableLength, uint index)
    {
        Vip = vip;
        Key = key;
        TargetPort = targetPort;
        TableLength = tableLength;
        Index = index;
    }

    /// <summary>Where clients find it.</summary>
    public Vip Vip { get; }

    /// <summary>Protocol and port.</summary>
    public ServiceKey Key { get; }

    /// <summary>Port of the pods in host order; 0 when packets keep their port.</summary>
    public ushort TargetPort { get; }

    /// <summary>Slots of the Maglev table.</summary>
    public uint TableLength { get; }

    /// <summary>Seconds for which a client address keeps its pod; 0: it does not.</summary>
    public uint AffinitySeconds { get; init; }

    /// <summary>The address that pods see instead of their clients'; null: clients keep theirs.</summary>
    public IPAddress? Masquerade { get; init; }

    /// <summary>
    /// <see cref="Masquerade"/> as the session tables have it: an IPv4 address of a service whose clients are IPv6's is IPv4-mapped.
    /// </summary>
    internal IPAddress? MasqueradeInTables => InTablesOf(Vip, Masquerade);

    /// <summary>A pod's address as the session tables have it.</summary>
    internal IPAddress InTables(IPAddress address) => InTablesOf(Vip, address)!;

    /// <summary>An address of the pods' side of a VIP as the session tables have it.</summary>
    internal static IPAddress? InTablesOf(Vip vip, IPAddress? address) => vip.IsTranslated ? address?.MapToIPv6() : address;

    /// <summary>True when only packets are masqueraded that do not come to the VIP's own prefix.</summary>
    public bool IsMasqueradeForOutside { get; init; }

    /// <summary>Place of <see cref="Masquerade"/> among all such addresses; 0 without one.</summary>
    internal ushort MasqueradeIndex { get; init; }

    /// <summary>The port under which it is reached on the node's own addresses; null for most.</summary>
    public NodePort? NodePort { get; init; }

    /// <summary>Index of its counters.</summary>
    public uint Index { get; }

    /// <summary>Pods in no order: those that serve and those that drain.</summary>
    public IReadOnlyCollection<Pod> Pods => _pods.Values;

    /// <summary>The published <see cref="ServiceEntry"/>.</summary>
    internal NativeBlock Entry { get; set; }

    /// <summary>The entries before it that it names, the latest first.</summary>
    internal IReadOnlyList<NativeBlock> Earlier { get; private set; } = [];

    /// <summary>Flows that had been opened when <see cref="Entry"/> was published: its first-session counter.</summary>
    internal ulong FlowsBefore { get; private set; }

    /// <summary>The pod at an address, serving or draining.</summary>
    public Pod? Find(IPAddress address) => _pods.GetValueOrDefault(address);

    /// <summary>Pods that get no new flows because they were removed or are held back.</summary>
    public int CountDraining()
    {
        int count = 0;
        foreach (Pod pod in _pods.Values)
        {
            if (pod.IsDraining) count++;
        }

        return count;
    }

    /// <summary>Pods sorted by address.</summary>
    public IReadOnlyList<Pod> SortedPods()
    {
        var sorted = new List<Pod>(_pods.Values);
        sorted.Sort((left, right) => Addresses.ToNumber(left.Address).CompareTo(Addresses.ToNumber(right.Address)));
        return sorted;
    }

    /// <summary>Pods that new flows may choose.</summary>
    internal List<Pod> ActivePods()
    {
        var active = new List<Pod>(_pods.Count);
        foreach (Pod pod in _pods.Values)
        {
            if (pod.TakesNewFlows) active.Add(pod);
        }

        return active;
    }

    /// <summary>Makes a published entry the service's; of the entries so far, those that it names are kept.</summary>
    internal void Become(NativeBlock entry, ulong flowCount)
    {
        var earlier = new List<NativeBlock>(ServiceEntry.EarlierCount);
        foreach (NativeBlock block in Entries())
        {
            if (TableHistory.Names(entry, block)) earlier.Add(block);
        }

        Entry = entry;
        Earlier = earlier;
        FlowsBefore = flowCount;
    }

    /// <summary>The published entry and those that it names, the latest first.</summary>
    internal IEnumerable<NativeBlock> Entries() => [Entry, .. Earlier];

    internal void Add(Pod pod) => _pods.Add(pod.Address, pod);

    internal void Remove(Pod pod) => _pods.Remove(pod.Address);
}
