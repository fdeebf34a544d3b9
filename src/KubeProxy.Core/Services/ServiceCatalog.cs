using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// The configuration: VIPs, their services, their pods, and what is set on interfaces. It checks a change completely,
/// prepares it, publishes it to the workers as one new snapshot, and tells the <see cref="IDataPlane"/> what follows.
/// A change that fails, at whatever point, leaves everything as it was. Control thread only.
/// </summary>
public sealed unsafe class ServiceCatalog
{
    private const int ReclaimSteps = 256;
    private readonly CatalogState _state;
    private readonly ServiceChanges _services;
    private readonly AliasChanges _aliases;
    private readonly PodChanges _pods;
    private readonly PodRemovals _removals;
    private readonly ReturnInterfaces _interfaces;

    /// <summary>An empty catalog; publishes an empty snapshot.</summary>
    public ServiceCatalog(IDataPlane plane)
        : this(plane, CatalogLimits.Stated)
    {
    }

    internal ServiceCatalog(IDataPlane plane, CatalogLimits limits)
    {
        _state = new CatalogState(plane, limits);
        _services = new ServiceChanges(_state);
        _aliases = new AliasChanges(_state);
        _pods = new PodChanges(_state);
        _removals = new PodRemovals(_state);
        _interfaces = new ReturnInterfaces(plane);
    }

    /// <summary>The program around the catalog.</summary>
    public IDataPlane Plane => _state.Plane;

    /// <summary>The published snapshot.</summary>
    public Snapshot* CurrentSnapshot => _state.Store.Current;

    /// <summary>VIPs: IPv4 first, then by address, then shorter prefixes first, then by table.</summary>
    public IReadOnlyList<Vip> Vips => _state.Vips.Sorted();

    /// <summary>Number of VIPs.</summary>
    public int VipCount => _state.Vips.Count;

    /// <summary>Number of services.</summary>
    public int ServiceCount => _state.ServicesByIndex.Count;

    /// <summary>Bytes of the published snapshot: root, pages, VIPs, and services with their tables in force.</summary>
    public ulong SnapshotBytes
    {
        get
        {
            ulong bytes = _state.Store.UsedBytes;
            foreach (Vip vip in _state.Vips.All) bytes += vip.NativeBytes;
            return bytes;
        }
    }

    /// <summary>Pod slots in use: pods that serve, that drain, and of deleted services whose sessions are not forgotten yet.</summary>
    public int UsedPodSlotCount => _state.Pods.UsedCount;

    /// <summary>Pod slots that exist.</summary>
    public uint PodSlotCapacity => _state.Pods.Capacity;

    /// <summary>Ports that services may have as node ports.</summary>
    public PortRange NodePortRange => _state.NodePorts.Range;

    /// <summary>The prefix in which pods over IPv6 see clients over IPv4.</summary>
    public IPNetwork Prefix64 => _state.Translation.Prefix;

    /// <summary>What becomes of a UDP datagram without a checksum for a VIP of <c>nat46</c>.</summary>
    public NoChecksum NoUdpChecksum => _state.Translation.NoUdpChecksum;

    /// <summary>Node ports in use; TCP and UDP, IPv4 and IPv6 count each.</summary>
    public int NodePortCount => _state.NodePorts.Count;

    /// <summary>Interfaces on which return translation is set, with the words that set it.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Interfaces => _interfaces.List();

    /// <summary>Adds services; a VIP that does not exist yet is installed.</summary>
    public void AddServices(ServiceSelector selector, ServiceOptions options) => Change(() => _services.Add(selector, options));

    /// <summary>Deletes services with their pods; a VIP without services is taken out. Options that are given must match.</summary>
    public void DeleteServices(ServiceSelector selector, ServiceOptions options) => Change(() =>
    {
        if (_state.FindVip(selector.Vip) is { SameAs: not null } alias) _aliases.DeleteAlone(alias, selector, options);
        else _services.Delete(selector, options);
    });

    /// <summary>Makes a prefix another address of a VIP of the same table: it has the VIP's services and pods, those that come later too.</summary>
    public void AddAlias(IPNetwork prefix, IPNetwork of, uint table = 0) => Change(() => _aliases.Add(new VipKey(prefix, table), new VipKey(of, table)));

    /// <summary>Takes another address of a VIP away.</summary>
    public void DeleteAlias(IPNetwork prefix, IPNetwork of, uint table = 0) =>
        Change(() => _aliases.Delete(new VipKey(prefix, table), new VipKey(of, table)));

    /// <summary>
    /// Adds pods; answers the services that they serve. A pod that drains serves again. With a weight (0 to
    /// <see cref="Limits.Weight"/>), pods that serve already get that weight.
    /// </summary>
    public IReadOnlyList<Service> AddPods(ServiceSelector selector, IReadOnlyList<IPAddress> addresses, uint? weight = null)
    {
        IReadOnlyList<Service> services = [];
        Change(() => services = _pods.Add(selector, addresses, weight));
        return services;
    }

    /// <summary>
    /// Removes pods; they drain until their last TCP session has ended, or until <paramref name="drainSeconds"/> have
    /// passed.
    /// </summary>
    public void RemovePods(ServiceSelector selector, IReadOnlyList<IPAddress> addresses, uint? drainSeconds = null) =>
        Change(() => _removals.Remove(selector, addresses, drainSeconds));

    /// <summary>
    /// Keeps new flows from pods; sessions stay, of UDP too. When <paramref name="drainSeconds"/> have passed the pods
    /// are taken out and the sessions that are left end; null is never.
    /// </summary>
    public void DrainPods(ServiceSelector selector, IReadOnlyList<IPAddress> addresses, uint? drainSeconds) =>
        Change(() => _removals.HoldBack(selector, addresses, drainSeconds));

    /// <summary>Changes the session tables, and the range of node ports and what concerns <c>nat46</c> if they are given.</summary>
    public void Configure(SessionSettings settings, PortRange? nodePortRange = null, IPNetwork? prefix64 = null, NoChecksum? noUdpChecksum = null)
    {
        if (prefix64 is IPNetwork given) _state.Translation.Check(given);
        PortRange range = nodePortRange ?? NodePortRange;
        _state.NodePorts.CheckRange(range);
        CommandLimits.CheckPowerOfTwo("buckets", settings.BucketCount, Limits.Buckets);
        foreach (string word in SessionTimeouts.Words)
        {
            uint seconds = settings.Timeouts.Of(word);
            if (seconds is 0 or > Limits.TimeoutSeconds)
                throw new CommandException($"timeout {word} {seconds} is out of range (1 to {Limits.TimeoutSeconds})");
        }

        if (settings.MasqueradePorts.Count < _state.Plane.WorkerCount)
            throw new CommandException($"masquerade-ports {settings.MasqueradePorts} are too few: each of {_state.Plane.WorkerCount} threads needs one");
        if (settings != _state.Plane.Sessions) _state.Plane.Configure(settings);
        _state.NodePorts.SetRange(range);
        _state.Translation.Set(prefix64 ?? Prefix64);
        _state.Translation.NoUdpChecksum = noUdpChecksum ?? NoUdpChecksum;
    }

    /// <summary>Switches return translation on an interface on or off.</summary>
    public void SetReturnFeature(string interfaceName, AddressFamily family, bool enable) => _interfaces.Set(interfaceName, family, enable);

    /// <summary>To be called when an interface is deleted: its index may come back as another interface.</summary>
    public void ForgetInterface(uint interfaceIndex) => _interfaces.Forget(interfaceIndex);

    /// <summary>Forgets every session.</summary>
    public void FlushSessions() => Change(_state.Plane.FlushSessions);

    /// <summary>
    /// Takes out pods whose time to drain has passed, and frees slots of a few pods whose last session has ended. Done
    /// after every change; may be called at any time.
    /// </summary>
    public void Maintain()
    {
        using IDisposable once = _state.Plane.StopWorkersOnce();
        _state.Pods.EndDrains(_state.Plane.Now);
        _state.Pods.Reclaim(ReclaimSteps);
        _state.Plane.ReleaseTables();
    }

    /// <summary>The VIP with exactly this prefix, or an error.</summary>
    public Vip GetVip(IPNetwork prefix, uint table = 0) => _state.FindVip(new VipKey(prefix, table));

    /// <summary>The VIP with the longest prefix of a table that holds the address.</summary>
    public Vip? FindCovering(IPAddress address, uint table = 0) => _state.Vips.FindCovering(address, table);

    /// <summary>The VIP in a slot of the snapshot.</summary>
    public Vip? FindVip(uint slot) => _state.VipsBySlot.Find(slot);

    /// <summary>The service that has a node port.</summary>
    public Service? FindNodePort(AddressFamily family, byte protocol, ushort port) => _state.NodePorts.Find(family, protocol, port);

    /// <summary>The service of an index.</summary>
    public Service? FindService(uint index) => _state.ServicesByIndex.Find(index);

    /// <summary>The pod of a slot, also when it drains or its service is gone.</summary>
    public Pod? FindPod(uint slot) => _state.Pods.Find(slot);

    // The workers are stopped once at most (invariant CFG-9), whatever the change needs: routes of many pods, growing
    // counters, undoing all of that, slots that become free.
    private void Change(Action change)
    {
        using IDisposable once = _state.Plane.StopWorkersOnce();
        change();
        Maintain();
    }
}
