using System.Net;

namespace KubeProxy.Oracle;

/// <summary>
/// A router with Services, as the documents describe it: slow, plain, without a hash, and ignorant of the shipped code. Time is in whole seconds.
/// Where the documents leave a choice open (which pod a new flow gets, which source port, what happens between two ticks), it checks that what the
/// other implementation did is one of the possible choices, learns it and holds on to it.
/// </summary>
public sealed class PlainRouter
{
    private readonly ForwardWay _forward;
    private readonly ReturnWay _return;

    public PlainRouter()
    {
        Sessions = new SessionBook(this);
        _forward = new ForwardWay(this);
        _return = new ReturnWay(this);
    }

    public IList<PlainVip> Vips { get; } = [];

    public SessionBook Sessions { get; }

    public Timeouts Timeouts { get; } = new();

    public long NowSeconds { get; set; }

    /// <summary>Addresses of the interface that clients' packets come in by; null where it has none.</summary>
    public IPAddress? RouterIp4 { get; set; }

    public IPAddress? RouterIp6 { get; set; }

    public int FirstSourcePort { get; set; } = 32768;

    public int LastSourcePort { get; set; } = 65535;

    /// <summary>Where pods of <c>nat46</c> VIPs see their clients.</summary>
    public IPNetwork Prefix64 { get; set; } = Rfc6052.WellKnown;

    /// <summary>A datagram without a checksum for a <c>nat46</c> VIP is refused instead of getting one.</summary>
    public bool RefusesNoUdpChecksum { get; set; }

    /// <summary>What the ways to pods take; a way that is not here takes every packet.</summary>
    public IDictionary<IPAddress, int> MtuBytes { get; } = new Dictionary<IPAddress, int>();

    /// <summary>There are so few source ports that a search may miss the last free ones.</summary>
    public bool PortsMayBeShort { get; set; }

    /// <summary>The session tables are so small that any new flow may find no room.</summary>
    public bool TablesMayBeFull { get; set; }

    /// <summary>Each new flow of a client to a service with affinity: the pod and when.</summary>
    internal Dictionary<(PlainService Service, IPAddress Client), (PlainPod Pod, long Seconds)> Affinity { get; } = [];

    /// <summary>A packet from the clients' side that was routed to a VIP.</summary>
    public Verdict Forward(byte[] packet, Seen seen, ToldPorts? told = null) => _forward.Judge(new PlainPacket(packet, told), seen);

    /// <summary>A packet from the pods' side.</summary>
    public Verdict Return(byte[] packet, Seen seen, ToldPorts? told = null) => _return.Judge(new PlainPacket(packet, told), seen);

    /// <summary>The node's own addresses.</summary>
    public ISet<IPAddress> Own { get; } = new HashSet<IPAddress>();

    /// <summary>What a packet is for: a VIP, or a node port as a VIP of one service.</summary>
    public PlainVip? Route(PlainPacket packet) => Own.Contains(packet.Destination) ? NodePorts.Find(this, packet) : Route(packet.Destination);

    /// <summary>The VIP that a packet to the address is routed to: the longest prefix counts, alone.</summary>
    public PlainVip? Route(IPAddress address) => Vips
        .SelectMany(vip => vip.Others.Append(vip.Prefix), (vip, prefix) => (vip, prefix))
        .Where(pair => pair.prefix.BaseAddress.AddressFamily == address.AddressFamily && pair.prefix.Contains(address))
        .OrderByDescending(pair => pair.prefix.PrefixLength).Select(pair => pair.vip).FirstOrDefault();

    public VipKind KindOf(PlainPacket packet) => Route(packet.Destination)?.Kind ?? VipKind.Plain;

    public PlainService AddService(PlainVip vip, PlainService service)
    {
        if (!Vips.Contains(vip)) Vips.Add(vip);
        vip.Services.Add(service);
        return service;
    }

    /// <summary>Ends the service's sessions at once.</summary>
    public void DeleteService(PlainService service)
    {
        foreach (PlainPod pod in service.Pods) pod.Gone = true;
        service.Vip.Services.Remove(service);
        if (service.Vip.Services.Count == 0) Vips.Remove(service.Vip);
        Sessions.ForgetGone();
    }

    /// <summary>Adds a pod, or lets one that drains serve again.</summary>
    public PlainPod AddPod(PlainService service, IPAddress address, int weight = 1)
    {
        Changes(service);
        PlainPod? known = service.Pods.FirstOrDefault(pod => pod.Address.Equals(address) && !pod.Gone);
        if (known != null)
        {
            if (known.Removed) known.Weight = weight;
            known.Removed = known.Draining = false;
            return known;
        }

        var pod = new PlainPod(address, service) { Weight = weight };
        service.Pods.Add(pod);
        return pod;
    }

    public void SetWeight(PlainPod pod, int weight)
    {
        Changes(pod.Service);
        pod.Weight = weight;
        pod.Draining = false;
    }

    public void Drain(PlainPod pod)
    {
        Changes(pod.Service);
        pod.Draining = true;
    }

    public void RemovePod(PlainPod pod)
    {
        Changes(pod.Service);
        pod.Removed = true;
        Sessions.Loosen(pod);
    }

    /// <summary>Forgets every session and every client's affinity.</summary>
    public void Flush()
    {
        Sessions.Clear();
        Affinity.Clear();
    }

    private static void Changes(PlainService service) => service.HasHistory |= service.Counts.GetValueOrDefault(FlowCount.First) > 0;
}
