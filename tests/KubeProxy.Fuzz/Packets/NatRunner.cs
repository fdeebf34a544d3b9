using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Core.Translation;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>Takes packets through the paths between the families as the host's nodes do, one at a time, and looks at what has become of each.</summary>
internal sealed unsafe class NatRunner(NatSite site) : IDisposable
{
    /// <summary>What IPv6's header has more than IPv4's.</summary>
    private const int LeastGrowthBytes = 20;

    private readonly PacketRoom _room = new();

    public Action<Step>? Observer { get; set; }

    /// <summary>The last packet that reached a pod, as it came and as it left.</summary>
    public (byte[] Came, byte[] Left)? Forwarded { get; private set; }

    /// <summary>The last answer that reached a client, as it came and as it left.</summary>
    public (byte[] Came, byte[] Left)? Returned { get; private set; }

    private TranslatablePacket* View => TranslationBatch.Packets(site.Translation);

    public void Clear() => (Forwarded, Returned) = (null, null);

    /// <summary>Client → pod.</summary>
    public void Forward(Step step)
    {
        PacketBatch* batch = Load(step);
        Worker* worker = site.Path.Worker(step.Worker);
        site.Translation->MayFragment = step.Flags.HasFlag(RecordFlags.WithNext) ? (byte)1 : (byte)0;
        if (site.IsNat46) Nat46Path.Run(worker, batch, site.Translation, 1);
        else Nat64Path.Run(worker, batch, site.Translation, 1);
        var outcome = (Outcome)batch->Outcome[0];
        if (!Enum.IsDefined(outcome)) throw new FindingException($"outcome {outcome}");
        if (outcome == Outcome.Translated && !site.IsNat46) outcome = ToIp4(worker, strips: false);
        CheckRoom();
        if (outcome != Outcome.Translated) return;
        byte[] left = Left();
        uint podSlot = (uint)batch->Target[0];
        if (podSlot == 0 || podSlot > site.PodCount) throw new FindingException($"pod slot {podSlot}");
        NatChecks.CheckForward(site, step, left, podSlot);
        bool isRemembered = batch->Session[0] is (byte)SessionUse.Existing or (byte)SessionUse.First;
        if (isRemembered) Forwarded = (step.Packet, left);
    }

    /// <summary>Pod → client.</summary>
    public void Return(Step step)
    {
        PacketBatch* batch = Load(step);
        Worker* worker = site.Path.Worker(step.Worker);
        bool isTranslated = site.IsNat46 ? Return46(worker, batch) : Return64(worker, batch);
        CheckRoom();
        if (isTranslated)
        {
            byte[] left = Left();
            NatChecks.CheckSound(step, left, site.ClientFamily, site.PodFamily);
            if (step.AnswersTo is byte[] request) PodCheck.CheckRoundTrip(new PacketView(request, site.ClientFamily), new PacketView(left, site.ClientFamily));
            Returned = (step.Packet, left);
        }
        else if (step.AnswersTo is not null)
        {
            throw new FindingException("the answer of a remembered flow was not translated");
        }
    }

    public void Dispose() => _room.Dispose();

    private bool Return46(Worker* worker, PacketBatch* batch)
    {
        ReturnPath<Ip6Family, Ip6Session, Ip6Flow>.Run(worker, batch, 1);
        if (batch->Outcome[0] != (byte)Outcome.Translated)
        {
            _room.CheckUntouched("not ours");
            return false;
        }

        if (!Nat46Path.IsAnswer(View->Start)) throw new FindingException("an answer whose source is no VIP over IPv4");
        return ToIp4(worker, strips: true) == Outcome.Translated;
    }

    private bool Return64(Worker* worker, PacketBatch* batch)
    {
        ReturnPath<Ip4Family, Ip4Session, Ip4Flow>.Run(worker, batch, 1);
        if (batch->Outcome[0] == (byte)Outcome.Translated) throw new FindingException("a session over IPv4 that nobody opened");
        bool isOurs = MappedAnswers.Has(worker, View->Start, View->AvailableBytes);
        _room.CheckUntouched("not ours yet");
        Prefix64 mapped = Prefix64.Mapped;
        if (!isOurs || Ip4ToIp6.Translate(View, &mapped) != Outcome.Translated) return false;
        CheckRoom();
        (batch->Packet[0], batch->Available[0]) = ((ulong)View->Start, View->AvailableBytes);
        ReturnPath<Ip6Family, Ip6Session, Ip6Flow>.Run(worker, batch, 1);
        return batch->Outcome[0] == (byte)Outcome.Translated;
    }

    private Outcome ToIp4(Worker* worker, bool strips)
    {
        Outcome outcome = strips ? Ip6HeaderChain.Strip(View) : Outcome.Translated;
        if (outcome != Outcome.Translated) return outcome;
        Prefix64 prefix = worker->Shared->Translation.Prefix;
        return Ip6ToIp4.Translate(View, &prefix, Nat64Path.NextIdentification(worker));
    }

    private PacketBatch* Load(Step step)
    {
        Observer?.Invoke(step);
        int headroomBytes = step.HeadroomBytes + (step.IsAtStart && !step.IsSegmented ? LeastGrowthBytes : 0);
        byte* start = _room.Put(step.Packet, headroomBytes, step.IsAtStart);
        *View = new TranslatablePacket
        {
            Start = start,
            AvailableBytes = (uint)step.Packet.Length,
            HeadroomBytes = (uint)headroomBytes,
            IsChained = step.IsChained,
            IsSegmented = step.IsSegmented,
        };
        PacketBatch* batch = site.Path.Worker(step.Worker)->Batch;
        batch->Special = step.IsChained || step.IsSegmented ? 1UL : 0;
        batch->TotalBytes[0] = step.IsChained ? 9000u : (uint)step.Packet.Length;
        batch->PieceBytes[0] = step.IsSegmented ? 500u : 0;
        batch->Packet[0] = (ulong)start;
        batch->Available[0] = (uint)step.Packet.Length;
        batch->VipSlot[0] = step.VipSlot;
        batch->Target[0] = 0;
        return batch;
    }

    private byte[] Left() => _room.Slice(View->Start, View->AvailableBytes).ToArray();

    /// <summary>Wherever the packet starts now, it ends where it did and lies in its room.</summary>
    private void CheckRoom()
    {
        _room.CheckBorders();
        _ = _room.Slice(View->Start, View->AvailableBytes);
        _ = _room.Slice(View->Start - View->HeadroomBytes, View->HeadroomBytes);
    }
}
