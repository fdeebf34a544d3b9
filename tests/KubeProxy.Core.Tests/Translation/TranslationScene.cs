using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Core.Translation;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>
/// A data path with one VIP of each kind, TCP, UDP and SCTP on port 80, four pods on port 8080; VIP 2 takes everything. Packets go through
/// it as through the host's nodes, in memory with headroom.
/// </summary>
internal sealed unsafe class TranslationScene : IDisposable
{
    public const uint Headroom = 96;
    public const uint ServiceIndex = 5;
    public const uint EverythingService = 6;
    private const ushort MasqueradeIndex = 3;

    private readonly byte[] _room = GC.AllocateArray<byte>(4096, pinned: true);
    private readonly DataPathMemory _memory = new();
    private readonly TranslationBatch* _translation;

    public TranslationScene(bool isNat46, int workerCount = 1)
    {
        IsNat46 = isNat46;
        Path = new DataPathFixture(new DataPathOptions { WorkerCount = workerCount });
        _translation = _memory.Allocate<TranslationBatch>(1);
        Path.Shared->Translation.Prefix = Prefix64.WellKnown;
        Source4.MapToIPv6().TryWriteBytes(new Span<byte>(Path.Shared->Masquerades[MasqueradeIndex].Bytes, 16), out _);
        foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp])
            Path.Plan.Set(1, protocol, 80, new ServicePlan.Entry(ServiceIndex, AddPods(ServiceIndex, PodPort)) { MasqueradeIndex = Masquerade });
        Path.Plan.Set(2, IpProtocol.Any, 0, new ServicePlan.Entry(EverythingService, AddPods(EverythingService, 0)) { MasqueradeIndex = Masquerade });
        Path.SetService(1, IpProtocol.Udp, 81, serviceIndex: 7);
    }

    public const int PodPort = 8080;

    public static IPAddress Source4 => IPAddress.Parse("10.0.0.77");

    public bool IsNat46 { get; }

    public DataPathFixture Path { get; }

    public IpFamily ClientFamily => IsNat46 ? IpFamily.Ip4 : IpFamily.Ip6;

    public IpFamily PodFamily => IsNat46 ? IpFamily.Ip6 : IpFamily.Ip4;

    private ushort Masquerade => IsNat46 ? (ushort)0 : MasqueradeIndex;

    /// <summary>The client's address as the pod sees it.</summary>
    public IPAddress SeenOf(IPAddress client) => IsNat46 ? IPAddress.Parse($"64:ff9b::{client}") : Source4;

    public PacketSpec Request(byte protocol, int clientPort = 40_000, int vipPort = 80, int vip = 1) =>
        new(Site.Client(ClientFamily, 1, clientPort), Site.Vip(ClientFamily, vip, vipPort), protocol) { Seed = clientPort % 200 };

    public IPEndPoint PodOf(uint podSlot, int port = PodPort) => Site.Pod(PodFamily, (int)((podSlot - 1) % 4) + 1, port);

    /// <summary>Client → pod.</summary>
    public (Outcome Outcome, uint PodSlot, byte[] Packet) Forward(byte[] packet, uint vipSlot = 1, int worker = 0, bool mayFragment = true)
    {
        Put(packet, worker, vipSlot);
        _translation->MayFragment = mayFragment ? (byte)1 : (byte)0;
        Run(worker);
        PacketBatch* batch = Path.Worker(worker)->Batch;
        return ((Outcome)batch->Outcome[0], batch->PodSlot[0], Take());
    }

    /// <summary>Clients → pods, all in one batch.</summary>
    public (Outcome Outcome, uint PodSlot, byte[] Packet)[] ForwardTogether(params byte[][] packets)
    {
        PacketBatch* batch = Path.Worker()->Batch;
        byte[][] rooms = [.. packets.Select(_ => GC.AllocateArray<byte>(4096, pinned: true))];
        for (int i = 0; i < packets.Length; i++)
        {
            packets[i].CopyTo(rooms[i], (int)Headroom);
            fixed (byte* start = rooms[i]) View[i] = new TranslatablePacket { Start = start + Headroom, AvailableBytes = (uint)packets[i].Length, HeadroomBytes = Headroom };
            (batch->Packet[i], batch->Available[i], batch->VipSlot[i]) = ((ulong)View[i].Start, View[i].AvailableBytes, 1);
        }

        _translation->MayFragment = 1;
        Run(count: (uint)packets.Length);
        return [.. packets.Select((_, i) => ((Outcome)batch->Outcome[i], batch->PodSlot[i], new ReadOnlySpan<byte>(View[i].Start, (int)View[i].AvailableBytes).ToArray()))];
    }

    /// <summary>The forward path with the packets that lie in memory.</summary>
    public void Run(int worker = 0, uint count = 1)
    {
        PacketBatch* batch = Path.Worker(worker)->Batch;
        if (IsNat46) Nat46Path.Run(Path.Worker(worker), batch, _translation, count);
        else Nat64Path.Run(Path.Worker(worker), batch, _translation, count);
        for (uint i = 0; i < count; i++)
            if (!IsNat46 && batch->Outcome[i] == (byte)Outcome.Translated) batch->Outcome[i] = (byte)ToIp4(View + i, worker);
    }

    /// <summary>Pod → client; null: not ours, as it was.</summary>
    public byte[]? Return(byte[] packet, int worker = 0)
    {
        PacketBatch* batch = Put(packet, worker, 0);
        TranslatablePacket* view = TranslationBatch.Packets(_translation);
        if (!IsNat46)
        {
            ReturnPath<Ip4Family, Ip4Session, Ip4Flow>.Run(Path.Worker(worker), batch, 1);
            Assert.NotEqual((byte)Outcome.Translated, batch->Outcome[0]);
            if (!MappedAnswers.Has(Path.Worker(worker), view->Start, view->AvailableBytes)) return Untouched(packet);
            Prefix64 mapped = Prefix64.Mapped;
            Assert.Equal(Outcome.Translated, Ip4ToIp6.Translate(view, &mapped));
            (batch->Packet[0], batch->Available[0]) = ((ulong)view->Start, view->AvailableBytes);
        }

        ReturnPath<Ip6Family, Ip6Session, Ip6Flow>.Run(Path.Worker(worker), batch, 1);
        if (batch->Outcome[0] != (byte)Outcome.Translated) return IsNat46 ? Untouched(packet) : throw new InvalidOperationException("the session has gone");
        Assert.Equal(IsNat46, Nat46Path.IsAnswer(view->Start));
        if (IsNat46) Assert.Equal(Outcome.Translated, ToIp4(view, worker));
        return Take();
    }

    /// <summary>A packet comes to lie in memory, in front of the forward path.</summary>
    public PacketBatch* Put(byte[] packet, int worker = 0, uint vipSlot = 1)
    {
        packet.CopyTo(_room, (int)Headroom);
        fixed (byte* start = _room)
        {
            *View = new TranslatablePacket { Start = start + Headroom, AvailableBytes = (uint)packet.Length, HeadroomBytes = Headroom };
            PacketBatch* batch = Path.Worker(worker)->Batch;
            batch->Packet[0] = (ulong)View->Start;
            batch->Available[0] = View->AvailableBytes;
            batch->VipSlot[0] = vipSlot;
            return batch;
        }
    }

    /// <summary>The packet in its memory.</summary>
    public TranslatablePacket* View => TranslationBatch.Packets(_translation);

    public TranslationBatch* Batch => _translation;

    public byte[] Take() => new ReadOnlySpan<byte>(View->Start, (int)View->AvailableBytes).ToArray();

    /// <summary>IPv4's identification, which is the worker's affair, becomes a number.</summary>
    public static byte[] WithId(byte[] packet, ushort id = 0)
    {
        byte[] copy = [.. packet];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(4), id);
        PacketChecksums.Write(copy, (copy[0] & 15) * 4, protocol: 0);
        return copy;
    }

    public Outcome ToIp4(TranslatablePacket* view, int worker)
    {
        Prefix64 prefix = Path.Shared->Translation.Prefix;
        return Ip6ToIp4.Translate(view, &prefix, Nat64Path.NextIdentification(Path.Worker(worker)));
    }

    public void Dispose()
    {
        Path.Audit();
        Path.Dispose();
        _memory.Dispose();
    }

    private byte[]? Untouched(byte[] packet)
    {
        Assert.Equal(packet, Take());
        return null;
    }

    private uint[] AddPods(uint service, int port)
    {
        uint[] slots = [.. Enumerable.Range(1, 4).Select(number => Path.AddPod(service, Mapped(Site.Pod(PodFamily, number, port))))];
        foreach (uint slot in slots) Path.Shared->Pods[slot].MasqueradeIndex = Masquerade;
        return slots;
    }

    private static IPEndPoint Mapped(IPEndPoint pod) => new(pod.Address.MapToIPv6(), pod.Port);
}
