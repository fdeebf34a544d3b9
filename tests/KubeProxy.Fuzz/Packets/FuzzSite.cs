using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;

namespace KubeProxy.Fuzz.Packets;

/// <summary>
/// One data path with every kind of service, small tables and two workers:
/// <code>
///   slot 1  TCP, UDP, SCTP 80 on four pods each, one of them behind a short MTU; UDP 81 without pods
///   slot 2  a prefix: every protocol and port
///   slot 3  TCP, UDP 80 masqueraded; slot 4 another address of it
///   slot 5  node port 30080 of TCP (masqueraded for outside) and UDP
///   slot 6  UDP 53 with affinity
///   slot 7  TCP 80 that had other pods before
///   slot 8  no VIP
/// </code>
/// Some pods can be taken out as the control thread does it: first no table names them any more, then they change their state.
/// </summary>
internal sealed unsafe class FuzzSite : IDisposable
{
    public const uint SlotCount = 9;
    public const int NodePort = 30080;
    public const uint NodePortSlot = 5;
    public const int ShortMtu = 600;
    public const ushort MasqueradeIndex = 2;
    private const int PodPort = 8080;

    private readonly ServicePlan _reduced;
    private readonly Snapshot* _full;
    private readonly List<uint> _spare = [];
    private Snapshot* _reducedSnapshot;
    private uint _lastService;

    public FuzzSite(IpFamily family)
    {
        Family = family;
        Path = new DataPathFixture(new DataPathOptions
        {
            WorkerCount = 2,
            BucketCount = 16,
            ReturnBucketCount = 16,
            PodSlotCount = 64,
            ServiceCount = 32,
            SourcePortCount = 16,
        });
        Masquerade = IPAddress.Parse(family == IpFamily.Ip4 ? "10.0.0.77" : "fd00:0:0:77::1");
        Masquerade.TryWriteBytes(new Span<byte>(Path.Shared->Masquerades[MasqueradeIndex].Bytes, 16), out _);
        _reduced = new ServicePlan(Path.Shared);
        SetPlain();
        SetMasqueraded();
        SetNodePorts();
        Set(6, IpProtocol.Udp, 53, Entry(3, PodPort) with { AffinitySeconds = 60 });
        uint[] earlier = AddPods(_lastService + 1, 2, PodPort);
        Set(7, IpProtocol.Tcp, 80, Entry(2, PodPort) with { Earlier = [earlier] });
        _full = Path.Shared->Current;
        Image = new SiteImage(Path);
    }

    public IpFamily Family { get; }

    public DataPathFixture Path { get; }

    /// <summary>The address that pods of masqueraded services see.</summary>
    public IPAddress Masquerade { get; }

    /// <summary>Number of pod slots in use, from 1 on.</summary>
    public uint PodCount { get; private set; }

    /// <summary>Everything as it is before the first packet.</summary>
    public SiteImage Image { get; }

    /// <summary>The second half of every service's pods is taken out: their sessions stay for a while, or are dead at once.</summary>
    public void TakeOut(uint state)
    {
        Path.Shared->Current = _reducedSnapshot;
        foreach (uint pod in _spare) Path.SetState(pod, state);
    }

    public bool Serves(uint podSlot) => Path.Shared->Pods[podSlot].State == PodState.Active && Path.Shared->Pods[podSlot].IsHeldBack == 0;

    /// <summary>All pods serve.</summary>
    public void BringBack()
    {
        foreach (uint pod in _spare) Path.SetState(pod, PodState.Active);
        Path.Shared->Current = _full;
    }

    public void Dispose()
    {
        Image.Dispose();
        _reduced.Dispose();
        Path.Dispose();
    }

    private void SetPlain()
    {
        foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp])
        {
            ServicePlan.Entry entry = Entry(4, PodPort);
            Set(1, protocol, 80, entry);
            PodRecord.SetMtu(Path.Shared->Pods + entry.PodSlots[3], ShortMtu);
            if (Family == IpFamily.Ip6 || protocol == IpProtocol.Sctp) continue;
            uint vip = BitConverter.ToUInt32(Site.Vip(Family).Address.GetAddressBytes());
            foreach (uint pod in entry.PodSlots) PodRecord.Fix(Path.Shared->Pods + pod, vip, Be16.FromHost(80).Wire, protocol);
        }

        Set(1, IpProtocol.Udp, 81, Entry(0, PodPort));
        Set(2, IpProtocol.Any, 0, Entry(4, 0));
    }

    private void SetMasqueraded()
    {
        Path.Plan.MainSlots[4] = 3;
        foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp])
        {
            ServicePlan.Entry entry = Masqueraded(Entry(2, PodPort));
            Set(3, protocol, 80, entry);
            Set(4, protocol, 80, entry);
        }
    }

    private void SetNodePorts()
    {
        NodePortTable table = Family == IpFamily.Ip4 ? Path.Shared->NodePorts4 : Path.Shared->NodePorts6;
        Path.Plan.MainSlots[NodePortSlot] = 1;
        Set(NodePortSlot, IpProtocol.Tcp, NodePort, Masqueraded(Entry(2, PodPort)) with { IsMasqueradeForOutside = true });
        Set(NodePortSlot, IpProtocol.Udp, NodePort, Entry(2, PodPort));
        table.Set(IpProtocol.Tcp, NodePort, NodePortSlot);
        table.Set(IpProtocol.Udp, NodePort, NodePortSlot);
    }

    private ServicePlan.Entry Masqueraded(ServicePlan.Entry entry)
    {
        foreach (uint pod in entry.PodSlots) Path.Shared->Pods[pod].MasqueradeIndex = MasqueradeIndex;
        return entry with { MasqueradeIndex = MasqueradeIndex };
    }

    private void Set(uint slot, byte protocol, int port, ServicePlan.Entry entry)
    {
        int kept = (entry.PodSlots.Length + 1) / 2;
        _reduced.MainSlots[slot] = Path.Plan.MainSlots.GetValueOrDefault(slot, slot);
        _reduced.Set(slot, protocol, (ushort)port, entry with { PodSlots = entry.PodSlots[..kept], Earlier = entry.PodSlots.Length == 0 ? [] : [entry.PodSlots] });
        _reducedSnapshot = Path.Shared->Current;
        _spare.AddRange(entry.PodSlots[kept..]);
        Path.Plan.Set(slot, protocol, (ushort)port, entry);
    }

    private ServicePlan.Entry Entry(int podCount, int port)
    {
        uint service = ++_lastService;
        return new ServicePlan.Entry(service, AddPods(service, podCount, port));
    }

    private uint[] AddPods(uint service, int count, int port)
    {
        uint[] slots = [.. Enumerable.Range(1, count).Select(number => Path.AddPod(service, Site.Pod(Family, number, port)))];
        PodCount += (uint)count;
        return slots;
    }
}
