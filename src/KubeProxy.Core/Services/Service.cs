using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>One service: a VIP, a protocol and a port, served by pods.</summary>
public sealed class Service
{
    private static readonly Func<Pod, UInt128> NumberOf = pod => pod.Number;

    private Pod[] _pods = [];

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

    /// <summary>Pods sorted by address: those that serve and those that drain.</summary>
    public IReadOnlyList<Pod> Pods => _pods;

    /// <summary>The published <see cref="ServiceEntry"/>.</summary>
    internal NativeBlock Entry { get; set; }

    /// <summary>The entries before it that it names, the latest first.</summary>
    internal IReadOnlyList<NativeBlock> Earlier { get; private set; } = [];

    /// <summary>Flows that had been opened when <see cref="Entry"/> was published: its first-session counter.</summary>
    internal ulong FlowsBefore { get; private set; }

    /// <summary>The pod at an address, serving or draining.</summary>
    public Pod? Find(IPAddress address)
    {
        if (address.AddressFamily != Vip.PodFamily) return null;
        int place = SortedArray.Find(_pods, Addresses.ToNumber(address), NumberOf);
        return place < 0 ? null : _pods[place];
    }

    /// <summary>Pods that get no new flows because they were removed or are held back.</summary>
    public int CountDraining()
    {
        int count = 0;
        foreach (Pod pod in _pods)
        {
            if (pod.IsDraining) count++;
        }

        return count;
    }

    /// <summary>Pods that new flows may choose.</summary>
    internal List<Pod> ActivePods()
    {
        var active = new List<Pod>(_pods.Length);
        foreach (Pod pod in _pods)
        {
            if (pod.TakesNewFlows) active.Add(pod);
        }

        return active;
    }

    /// <summary>Makes a published entry the service's; of the entries so far, those that it names are kept.</summary>
    internal void Become(NativeBlock entry, ulong flowCount)
    {
        NativeBlock[] earlier = [.. Entries().Where(block => TableHistory.Names(entry, block))];
        Entry = entry;
        Earlier = earlier.Length == 0 ? [] : earlier;
        FlowsBefore = flowCount;
    }

    /// <summary>The published entry and those that it names, the latest first.</summary>
    internal IEnumerable<NativeBlock> Entries() => [Entry, .. Earlier];

    internal void Add(Pod pod) => _pods = SortedArray.With(_pods, pod, NumberOf);

    internal void Remove(Pod pod) => _pods = SortedArray.Without(_pods, pod.Number, NumberOf);
}
