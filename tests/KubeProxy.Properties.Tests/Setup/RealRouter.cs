using System.Net;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Oracle;
using Verdict = KubeProxy.Core.Tests.Pipeline.Verdict;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>What the shipped code made of a packet: its verdict, and the answer where one leaves.</summary>
public sealed record Deed(Verdict Verdict, Rejection Rejection, byte[] Answer);

/// <summary>Sums of counters over everything that has them.</summary>
public sealed record Totals(ulong Existing, ulong First, ulong Untracked, ulong NoPod, ulong FailedOver, PacketCount Pods);

/// <summary>Core as it is shipped, from the command line to the bytes: catalog, snapshots, workers, refusals. Only VPP is left out.</summary>
public sealed unsafe class RealRouter : IDisposable
{
    private readonly NativePlane _plane;
    private readonly CommandRegistry _registry;
    private readonly Refuser _refuser;
    private readonly TranslatedPath _translated;

    public RealRouter(DataPathOptions? options = null)
    {
        Path = new DataPathFixture(options ?? Roomy);
        _plane = new NativePlane(Path);
        Catalog = new ServiceCatalog(_plane);
        _registry = new CommandRegistry(Catalog);
        _refuser = new Refuser(Path);
        _translated = new TranslatedPath(Path);
        Path.Shared->Translation.Prefix = Prefix64.WellKnown;
        _plane.Configure(_plane.Sessions);
    }

    /// <summary>Tables in which every flow of a scenario finds room.</summary>
    public static DataPathOptions Roomy { get; } =
        new() { BucketCount = 128, ReturnBucketCount = 256, PodSlotCount = 384, ServiceCount = 96, StartSeconds = 1_000_000 };

    public DataPathFixture Path { get; }

    public ServiceCatalog Catalog { get; }

    /// <summary>Addresses of the interface that clients' packets come in by.</summary>
    public static IPAddress RouterIp4 { get; } = IPAddress.Parse("192.0.2.254");

    public static IPAddress RouterIp6 { get; } = IPAddress.Parse("2001:db8:c::fe");

    /// <summary>Types a line; the answer, or the error's text behind "error: ".</summary>
    public string Type(string line)
    {
        Command command = _registry.Commands.Where(known => line == known.Path || line.StartsWith($"{known.Path} ", StringComparison.Ordinal)).MaxBy(known => known.Path.Length)!;
        try
        {
            return command.Run(line[command.Path.Length..].Trim());
        }
        catch (CommandException error)
        {
            return $"error: {error.Message}";
        }
    }

    /// <summary>The VIP slot that the packet's route names, or null: then it does not come to the nodes.</summary>
    public uint? Route(IPAddress destination) => _plane.Route(destination);

    /// <summary>A fragment in either direction whose datagram's ports are known; with it the source port that it leaves with.</summary>
    public (Deed Deed, int SourcePort) Part(byte[] fragment, uint vipSlot, int worker, ToldPorts told, bool isForward)
    {
        var header = new DatagramHeader(Be16.FromHost((ushort)told.Source).Wire | ((uint)Be16.FromHost((ushort)told.Destination).Wire << 16), (byte)told.TcpFlags);
        (Verdict verdict, int port) = FragmentPaths.Run(Path, fragment, vipSlot, worker, header, isForward);
        return (isForward ? _refuser.Answer(verdict, fragment) : new Deed(verdict, Rejection.None, []), port);
    }

    /// <summary>The slot of the node port that a packet to one of the node's own addresses is for, or null: then it is the node's.</summary>
    public uint? NodePort(byte[] packet, int worker)
    {
        Path.Load(worker, [new TestPacket(packet, 0)]);
        Path.RunNodePorts(FamilyOf(packet), worker, 1);
        if (!Path.Arena.Take(0).AsSpan().SequenceEqual(packet)) throw new InvalidOperationException("a packet to the node was changed");
        uint slot = Path.Worker(worker)->Batch->VipSlot[0];
        return slot == NodePortTable.NoSlot ? null : slot;
    }

    /// <summary>True for the slot of a VIP whose pods are of the other family: its packets go to a node of their own.</summary>
    public bool IsTranslated(uint vipSlot) => _plane.IsTranslated(vipSlot);

    public Deed Forward(byte[] packet, uint vipSlot, int worker = 0)
    {
        if (IsTranslated(vipSlot)) return ForwardTranslated(packet, vipSlot, worker);
        Verdict verdict = Path.Forward(FamilyOf(packet), worker, new TestPacket(packet, vipSlot))[0];
        return _refuser.Answer(verdict, packet);
    }

    public Verdict Return(byte[] packet, int worker = 0)
    {
        Verdict verdict = Path.Return(FamilyOf(packet), worker, new TestPacket(packet, 0))[0];
        if (FamilyOf(packet) == IpFamily.Ip6) return Path.Shared->Translation.Nat46Count != 0 ? _translated.FinishNat46(verdict, worker) : verdict;
        return Path.Shared->Translation.Nat64Count != 0 ? _translated.ReturnNat64(verdict, packet, worker) : verdict;
    }

    public IReadOnlyList<SessionView> Sessions() => _plane.ListSessions(int.MaxValue);

    /// <summary>Address of the pod that has the slot, or had it last, as a client's table has it: of 16 bytes for a client over IPv6 or whose pods are.</summary>
    public IPAddress PodAddress(uint slot, bool isWide) => Plain(new(new ReadOnlySpan<byte>((Path.Shared->Pods + slot)->Address, isWide ? 16 : 4)));

    /// <summary>In IPv6's tables an IPv4 address stands as IPv4-mapped.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    public void SetMtu(IPAddress pod, uint mtuBytes) => _plane.SetMtu(pod, mtuBytes);

    private Deed ForwardTranslated(byte[] packet, uint vipSlot, int worker)
    {
        Verdict verdict = _translated.Forward(packet, vipSlot, worker);
        Deed deed = _refuser.Answer(verdict, verdict.Bytes);
        bool isWritten = deed.Answer.Length > 0 && FamilyOf(packet) == IpFamily.Ip4 && FamilyOf(deed.Answer) == IpFamily.Ip6;
        return isWritten ? deed with { Answer = _translated.AnswerToIp4(deed.Answer, worker) } : deed;
    }

    public PacketCount PodCounter(uint slot) => _plane.ReadPodCounter(slot);

    /// <summary>All counters of services, and packets and bytes of all pods, each summed up.</summary>
    public Totals Totals() => new(
        _plane.Total(ServiceCounter.ExistingSession), _plane.Total(ServiceCounter.FirstSession), _plane.Total(ServiceCounter.Untracked),
        _plane.Total(ServiceCounter.NoPod), _plane.Total(ServiceCounter.FailedOver), _plane.TotalPods());

    /// <summary>Lets seconds pass: clocks move, what is over is swept, what has drained is let go.</summary>
    public void Pass(uint seconds)
    {
        _plane.NowSeconds += seconds;
        Path.Pass(seconds);
        Catalog.Maintain();
    }

    /// <summary>All that users and workers can see of the configuration, and every session.</summary>
    public string Describe() => string.Join('\n', Type("show kube-proxy"), Type("show kube-proxy vips verbose"), string.Join('\n', Sessions()));

    /// <summary>The same, with the records of all pods, the snapshot in force and the routes.</summary>
    public string Image() => string.Join(
        '\n', Describe(), (nint)Path.Shared->Current, string.Join(' ', _plane.Vips.OrderBy(vip => vip.Key)),
        Convert.ToHexString(new ReadOnlySpan<byte>(Path.Shared->Pods, (int)Path.Options.PodSlotCount * sizeof(PodRecord))));

    public void Dispose()
    {
        _refuser.Dispose();
        _translated.Dispose();
        Path.Dispose();
        _plane.Dispose();
    }

    public static IpFamily FamilyOf(byte[] packet) => packet[0] >> 4 == 6 ? IpFamily.Ip6 : IpFamily.Ip4;
}
