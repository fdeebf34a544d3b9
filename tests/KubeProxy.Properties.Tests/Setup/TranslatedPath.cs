using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Core.Translation;
using Verdict = KubeProxy.Core.Tests.Pipeline.Verdict;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>
/// Packets of VIPs whose pods are of the other family, through Core as the nodes take them: a header grows into the headroom in front of it, and the
/// packet ends at a forbidden page.
/// </summary>
internal sealed unsafe class TranslatedPath(DataPathFixture path) : IDisposable
{
    public const int HeadroomBytes = 96;
    private const byte Poison = 0x5A;
    private readonly PacketArena _arena = new();
    private readonly DataPathMemory _memory = new();
    private TranslationBatch* _translation;

    /// <summary>Client → pod. What the packet is when it is not translated is in the verdict too: answers are about that.</summary>
    public Verdict Forward(byte[] packet, uint vipSlot, int worker)
    {
        TranslatablePacket* view = Put(packet, worker, vipSlot);
        Worker* it = path.Worker(worker);
        bool isNat46 = packet[0] >> 4 == 4;
        _translation->MayFragment = 1;
        if (isNat46) Nat46Path.Run(it, it->Batch, _translation, 1);
        else Nat64Path.Run(it, it->Batch, _translation, 1);
        ForwardPath<Ip6Family, Ip6Session, Ip6Flow>.Show(it, it->Batch, 1);
        var outcome = (Outcome)it->Batch->Outcome[0];
        if (!isNat46 && outcome == Outcome.Translated) outcome = ToIp4(view, worker);
        return Take(it, view, outcome);
    }

    /// <summary>An answer that has left the return path of IPv6 with an IPv4 address as source leaves over IPv4; no bytes: it cannot, and is dropped.</summary>
    public Verdict FinishNat46(Verdict verdict, int worker)
    {
        fixed (byte* start = verdict.Bytes)
            if (verdict.Outcome != Outcome.Translated || !Nat46Path.IsAnswer(start)) return verdict;
        TranslatablePacket* view = Put(verdict.Bytes, worker, 0);
        Outcome outcome = ToIp4(view, worker);
        return verdict with { Outcome = outcome, Bytes = outcome == Outcome.Translated ? Taken(view) : [] };
    }

    /// <summary>A pod's packet over IPv4 that no IPv4 session has may be one of an IPv6 client's.</summary>
    public Verdict ReturnNat64(Verdict verdict, byte[] packet, int worker)
    {
        if (verdict.Outcome is Outcome.Translated or Outcome.Fragment) return verdict;
        TranslatablePacket* view = Put(packet, worker, 0);
        Worker* it = path.Worker(worker);
        if (!MappedAnswers.Has(it, view->Start, view->AvailableBytes)) return verdict;
        Prefix64 mapped = Prefix64.Mapped;
        if (Ip4ToIp6.Translate(view, &mapped) != Outcome.Translated) return verdict;
        (it->Batch->Packet[0], it->Batch->Available[0]) = ((ulong)view->Start, view->AvailableBytes);
        ReturnPath<Ip6Family, Ip6Session, Ip6Flow>.Run(it, it->Batch, 1);
        var outcome = (Outcome)it->Batch->Outcome[0];
        return Take(it, view, outcome) with { Bytes = outcome == Outcome.Translated ? Taken(view) : [] };
    }

    /// <summary>What this host has written over IPv6 about an IPv4 client's packet leaves over IPv4.</summary>
    public byte[] AnswerToIp4(byte[] answer, int worker)
    {
        TranslatablePacket* view = Put(answer, worker, 0);
        return ToIp4(view, worker) == Outcome.Translated ? Taken(view) : [];
    }

    public void Dispose()
    {
        _arena.Dispose();
        _memory.Dispose();
    }

    private TranslatablePacket* Put(byte[] packet, int worker, uint vipSlot)
    {
        if (_translation == null) _translation = _memory.Allocate<TranslationBatch>(1);
        byte* start = _arena.Put(0, [.. Enumerable.Repeat(Poison, HeadroomBytes), .. packet]) + HeadroomBytes;
        TranslatablePacket* view = TranslationBatch.Packets(_translation);
        *view = new TranslatablePacket { Start = start, AvailableBytes = (uint)packet.Length, HeadroomBytes = HeadroomBytes };
        PacketBatch* batch = path.Worker(worker)->Batch;
        batch->Special = 0;
        (batch->Packet[0], batch->Available[0], batch->VipSlot[0]) = ((ulong)start, (uint)packet.Length, vipSlot);
        (batch->TotalBytes[0], batch->PieceBytes[0], batch->PodSlot[0], batch->Target[0]) = ((uint)packet.Length, 0, 0, 0);
        return view;
    }

    private Outcome ToIp4(TranslatablePacket* view, int worker)
    {
        Outcome outcome = Ip6HeaderChain.Strip(view);
        if (outcome != Outcome.Translated) return outcome;
        Worker* it = path.Worker(worker);
        return Ip6ToIp4.Translate(view, &it->Shared->Translation.Prefix, Nat64Path.NextIdentification(it));
    }

    private Verdict Take(Worker* worker, TranslatablePacket* view, Outcome outcome) =>
        new(outcome, (SessionUse)worker->Batch->Session[0], worker->Batch->PodSlot[0], worker->Batch->Target[0], Taken(view));

    /// <summary>The packet as it is now; nothing outside of it and of the headroom may have been written.</summary>
    private byte[] Taken(TranslatablePacket* view)
    {
        _ = _arena.Take(0);
        return new ReadOnlySpan<byte>(view->Start, (int)view->AvailableBytes).ToArray();
    }
}
