using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// What the catalog asks of the program around it: routes, native memory, publication, counters, sessions. The plugin
/// implements it over VPP; tests implement it over nothing. Called on the control thread only. A method that cannot do
/// what it is asked throws <see cref="CommandException"/> and has changed nothing.
/// </summary>
public unsafe interface IDataPlane
{
    /// <summary>Source of native memory for snapshots.</summary>
    NativeAllocator Allocator { get; }

    /// <summary>The pod records, <see cref="Limits.PodSlots"/> of them, zeroed at start; the catalog writes them.</summary>
    PodRecord* Pods { get; }

    /// <summary>The masquerade addresses, <see cref="Limits.MasqueradeAddresses"/> of them; the catalog writes them.</summary>
    MasqueradeAddress* Masquerades { get; }

    /// <summary>What workers know of translation between the families; the catalog writes it.</summary>
    TranslationSettings* Translation { get; }

    /// <summary>Session table settings in force.</summary>
    SessionSettings Sessions { get; }

    /// <summary>Threads that may run the nodes.</summary>
    uint WorkerCount { get; }

    /// <summary>The time since an arbitrary start; it never goes back.</summary>
    TimeSpan Now { get; }

    /// <summary>
    /// Makes the calls until the answer is disposed stop the workers once at most: the first call that has to stops them,
    /// and they go on at the end; without such a call they never stop. May be nested: the outermost counts.
    /// </summary>
    IDisposable StopWorkersOnce();

    /// <summary>Makes counters exist (and read 0 when new) for service and pod indices below the given counts.</summary>
    void EnsureCounters(uint serviceCount, uint podSlotCount);

    /// <summary>Refuses a VIP whose table does not exist. Stops nobody.</summary>
    void CheckTable(VipKey vip);

    /// <summary>
    /// Sends the prefix's packets to the nodes, marked with the VIP slot. A table with a VIP or a followed pod has sessions of its
    /// own, and stays until <see cref="ReleaseTables"/>. <paramref name="isTranslated"/>: the VIP's pods are of the other family.
    /// </summary>
    void InstallVip(uint vipSlot, VipKey vip, bool isTranslated);

    /// <summary>Gives the prefix back to the routing table.</summary>
    void RemoveVip(uint vipSlot, VipKey vip);

    /// <summary>Lets go of tables without VIPs and followed pods, and forgets their sessions. Does not fail.</summary>
    void ReleaseTables();

    /// <summary>
    /// Lets packets to the node's own addresses, on every interface that there is or will be, ask whether their port is a node
    /// port; or no longer. While it is off, no node port is installed.
    /// </summary>
    void SwitchNodePorts(bool enable);

    /// <summary>Sends the packets to a port of the node's own addresses to the nodes, marked with the VIP slot. Cannot fail.</summary>
    void InstallNodePort(uint vipSlot, AddressFamily family, byte protocol, ushort port);

    /// <summary>Gives a port of the node's own addresses back to the node. Cannot fail.</summary>
    void RemoveNodePort(AddressFamily family, byte protocol, ushort port);

    /// <summary>
    /// Follows the route to a pod in a table: sets <see cref="PodRecord.ForwardTarget"/> of the slot now and whenever the route
    /// changes, until <see cref="UnfollowPod"/>.
    /// </summary>
    void FollowPod(uint podSlot, IPAddress address, uint table);

    /// <summary>Stops following; the record's target becomes the drop.</summary>
    void UnfollowPod(uint podSlot);

    /// <summary>Where the route to a followed pod leads, as the routing table says now.</summary>
    PodPath ReadPath(uint podSlot);

    /// <summary>
    /// Slot of a followed pod of the VIP's table whose next hop is in the prefix, or of any pod whose route leads to the VIP in the
    /// slot; 0 for none. The VIP need not be installed.
    /// </summary>
    uint FindPodThrough(VipKey vip, uint vipSlot);

    /// <summary>Makes a snapshot the one that workers see from their next frame on.</summary>
    void Publish(Snapshot* snapshot);

    /// <summary>Frees a block as soon as no worker can still read it.</summary>
    void Retire(NativeBlock block);

    /// <summary>
    /// True when every retired block has been freed: no worker can still see a replaced snapshot, so pod slots, VIP
    /// slots and service indices that it named may serve again.
    /// </summary>
    bool IsSettled { get; }

    /// <summary>Sessions of a pod slot over all workers, expired ones that nobody has cleared yet included.</summary>
    ulong CountSessions(uint podSlot);

    /// <summary>
    /// Sessions by pod slot over all workers, without those that are over: exact, and paid for with a walk through all
    /// tables. A slot without sessions is not in the answer.
    /// </summary>
    IReadOnlyDictionary<uint, ulong> CountLiveSessions();

    /// <summary>Clears every session of slots in state <see cref="PodState.Dead"/> and every expired one, so that slots become free.</summary>
    void SweepSessions();

    /// <summary>Value of a service's counter over all workers.</summary>
    ulong ReadServiceCounter(ServiceCounter counter, uint serviceIndex);

    /// <summary>Packets and bytes of a pod slot over all workers.</summary>
    PacketCount ReadPodCounter(uint podSlot);

    /// <summary>Sets a service's counters to zero.</summary>
    void ClearServiceCounters(uint serviceIndex);

    /// <summary>Sets a pod slot's counters to zero.</summary>
    void ClearPodCounters(uint podSlot);

    /// <summary>Changes the session tables; live sessions are kept as far as the new table has room.</summary>
    void Configure(SessionSettings settings);

    /// <summary>Forgets every session of every worker.</summary>
    void FlushSessions();

    /// <summary>Forgets the sessions that clients have by addresses of the VIP with pods of these services. Does not fail.</summary>
    void ForgetSessions(VipKey vip, IReadOnlySet<uint> serviceIndices);

    /// <summary>Sessions of all workers, at most <paramref name="limit"/> of them.</summary>
    IReadOnlyList<SessionView> ListSessions(int limit);

    /// <summary>Sends a packet of the request's flow through the nodes' code; nothing is sent, counted or remembered.</summary>
    ProbeView Probe(ProbeRequest request);

    /// <summary>Use of the session tables over all workers.</summary>
    SessionUse ReadSessionUse();

    /// <summary>What memory the data plane holds.</summary>
    MemoryReport ReadMemory();

    /// <summary>Index of an interface by name.</summary>
    uint FindInterface(string name);

    /// <summary>Name of an interface, or null when it is gone.</summary>
    string? InterfaceName(uint interfaceIndex);

    /// <summary>Switches return translation on an interface for one family on or off.</summary>
    void SetReturnFeature(uint interfaceIndex, AddressFamily family, bool enable);
}

/// <summary>Per-service packet counters, in the order of their columns.</summary>
public enum ServiceCounter
{
    /// <summary>Packets of a remembered flow.</summary>
    ExistingSession,

    /// <summary>First packets: a pod was chosen and remembered.</summary>
    FirstSession,

    /// <summary>Packets balanced without being remembered, because the table was full.</summary>
    Untracked,

    /// <summary>Packets refused because the service had no pod.</summary>
    NoPod,

    /// <summary>SYNs that moved their session to another pod, because the one before had not answered; each is a first packet too.</summary>
    FailedOver,
}

/// <summary>Where the route to a pod leads.</summary>
/// <param name="VipSlot">Slot of the VIP that the route ends in; null when it ends in none.</param>
/// <param name="NextHops">Neighbours that the pod's packets are sent to, the pod itself if it is one; none while it cannot be reached.</param>
public readonly record struct PodPath(uint? VipSlot, IReadOnlyList<IPAddress> NextHops);

/// <summary>Packets and bytes (IP lengths).</summary>
public readonly record struct PacketCount(ulong Packets, ulong Bytes);

/// <summary>Session table settings of <c>ku conf</c>.</summary>
/// <param name="BucketCount">Buckets of each worker's table, a power of two.</param>
/// <param name="Timeouts">Idle times after which a session is forgotten.</param>
/// <param name="MasqueradePorts">Source ports of masqueraded sessions, divided among the workers.</param>
public readonly record struct SessionSettings(uint BucketCount, SessionTimeouts Timeouts, PortRange MasqueradePorts)
{
    /// <summary>The settings at the start.</summary>
    public static SessionSettings Default { get; } = new(Limits.DefaultBuckets, SessionTimeouts.Default, PortRange.DefaultMasquerade);
}

/// <summary>Use of the session tables of one family.</summary>
/// <param name="Ip4Live">IPv4 sessions that are not expired.</param>
/// <param name="Ip6Live">IPv6 sessions that are not expired.</param>
/// <param name="CapacityPerWorker">Sessions of one family that one worker can hold, over all tables with services.</param>
/// <param name="WorkerCount">Threads that hold tables.</param>
/// <param name="MemoryBytes">Native memory of all session tables.</param>
public readonly record struct SessionUse(ulong Ip4Live, ulong Ip6Live, ulong CapacityPerWorker, uint WorkerCount, ulong MemoryBytes);

/// <summary>One session, for <c>show ku sessions</c>.</summary>
/// <param name="Worker">Thread that owns it.</param>
/// <param name="Protocol">IANA protocol number.</param>
/// <param name="Client">Client address and port.</param>
/// <param name="Vip">Address and port that the client addressed.</param>
/// <param name="PodSlot">Slot of the pod that serves.</param>
/// <param name="IdleSeconds">Seconds since the last packet, to the resolution of the session's clock.</param>
/// <param name="Source">What the pod sees as its client when the session is masqueraded; null when it sees the client.</param>
/// <param name="Table">The table that it is in.</param>
public readonly record struct SessionView(
    uint Worker, byte Protocol, IPEndPoint Client, IPEndPoint Vip, uint PodSlot, uint IdleSeconds, IPEndPoint? Source = null, uint Table = 0);
