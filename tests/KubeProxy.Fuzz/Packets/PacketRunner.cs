using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>Takes packets through the data path, in batches, and looks at what has become of each.</summary>
internal sealed unsafe class PacketRunner(FuzzSite site, FlowBook book) : IDisposable
{
    public const int MaxBatch = 8;
    private const int SegmentBytes = 500;
    private readonly PacketRoom[] _rooms = [.. Enumerable.Range(0, MaxBatch).Select(_ => new PacketRoom())];
    private readonly List<Step> _waiting = [];
    private readonly BookKeeping _counters = new(site);
    private readonly RefusalCheck _refusals = new(site.Family);

    /// <summary>Told of every packet before it goes in.</summary>
    public Action<Step>? Observer { get; set; }

    /// <summary>True when a byte was allocated since <see cref="Clear"/>.</summary>
    public bool HasAllocated { get; private set; }

    /// <summary>The last packet that was translated towards a pod and remembered: as it came and as it left.</summary>
    public (byte[] Came, byte[] Left)? Forwarded { get; private set; }

    /// <summary>
    /// True while nothing but packets that were translated has happened since <see cref="Forwarded"/>: its answer must be translated. (A SYN may end the
    /// session of a pod that was taken out, and find no other.)
    /// </summary>
    public bool IsForwardedCertain { get; set; }

    /// <summary>The last answer, as it came and as it left.</summary>
    public (byte[] Came, byte[] Left)? Returned { get; private set; }

    private IpFamily Family => site.Family;

    public void Clear()
    {
        _waiting.Clear();
        _counters.Clear();
        _refusals.Clear();
        (Forwarded, Returned, HasAllocated) = (null, null, false);
    }

    /// <summary>Takes a packet in; it goes its way now, or with the next.</summary>
    public void Take(Step step)
    {
        if (_waiting.Count == MaxBatch || (_waiting.Count != 0 && !_waiting[^1].GoesWith(step))) Flush();
        _waiting.Add(step);
        if (!step.Flags.HasFlag(RecordFlags.WithNext)) Flush();
    }

    /// <summary>All packets that wait go their way.</summary>
    public void Flush()
    {
        if (_waiting.Count == 0) return;
        Step[] steps = [.. _waiting];
        _waiting.Clear();
        for (int i = 0; i < steps.Length; i++) Load(i, steps[i]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        if (steps[0].IsForward) site.Path.RunForward(Family, steps[0].Worker, (uint)steps.Length);
        else site.Path.RunReturn(Family, steps[0].Worker, (uint)steps.Length);
        HasAllocated |= GC.GetAllocatedBytesForCurrentThread() != before;
        Check(steps);
    }

    /// <summary>The VIP slot that the table of node ports names for a packet, which stays as it is.</summary>
    public uint NodePortOf(Step step)
    {
        Flush();
        Load(0, step);
        site.Path.RunNodePorts(Family, step.Worker, 1);
        _rooms[0].CheckUntouched("node port");
        _rooms[0].CheckBorders();
        return site.Path.Worker(step.Worker)->Batch->VipSlot[0];
    }

    public void Dispose()
    {
        foreach (PacketRoom room in _rooms) room.Dispose();
    }

    private void Load(int i, Step step)
    {
        Observer?.Invoke(step);
        PacketBatch* batch = site.Path.Worker(step.Worker)->Batch;
        if (i == 0) batch->Special = 0;
        if (step.IsChained || step.IsSegmented) batch->Special |= 1UL << i;
        batch->Packet[i] = (ulong)_rooms[i].Put(step.Packet, step.HeadroomBytes, step.IsAtStart);
        batch->Available[i] = (uint)step.Packet.Length;
        batch->TotalBytes[i] = step.IsChained ? ushort.MaxValue : (uint)step.Packet.Length;
        batch->PieceBytes[i] = step.IsSegmented ? SegmentBytes : 0u;
        batch->VipSlot[i] = step.VipSlot;
        batch->PodSlot[i] = 0;
        batch->Target[i] = 0;
    }

    private void Check(Step[] steps)
    {
        PacketBatch* batch = site.Path.Worker(steps[0].Worker)->Batch;
        ulong packets = 0;
        ulong bytes = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            _rooms[i].CheckBorders();
            var outcome = (Outcome)batch->Outcome[i];
            var use = (SessionUse)batch->Session[i];
            if (!Enum.IsDefined(outcome) || !Enum.IsDefined(use)) throw new FindingException($"outcome {outcome}, session {use}");
            if (outcome != Outcome.Translated) CheckNotTranslated(batch, i, steps[i]);
            else if (steps[i].IsForward && use != SessionUse.Quoted) (packets, bytes) = (packets + 1, bytes + CheckForward(batch, i, steps[i], use));
            else CheckOther(batch, i, steps[i], use);
        }

        _counters.Expect(packets, bytes);
    }

    private void CheckNotTranslated(PacketBatch* batch, int i, Step step)
    {
        var outcome = (Outcome)batch->Outcome[i];
        _rooms[i].CheckUntouched(outcome.ToString());
        if (step.AnswersTo is not null) throw new FindingException($"the answer of a remembered flow was not translated: {outcome}");
        IsForwardedCertain &= !step.IsForward;
        if (step.IsForward) _refusals.Check(_rooms[i], outcome, (uint)batch->Target[i], step);
    }

    /// <summary>To the pod; answers the bytes to be counted.</summary>
    private ulong CheckForward(PacketBatch* batch, int i, Step step, SessionUse use)
    {
        ReadOnlySpan<byte> after = _rooms[i].Now;
        var was = new PacketView(step.Packet, Family);
        uint podSlot = batch->PodSlot[i] != 0 ? batch->PodSlot[i] : (uint)batch->Target[i];
        PodCheck.Check(site, was, new PacketView(after, Family), podSlot, batch->Target[i]);
        if (use is SessionUse.Existing or SessionUse.First)
        {
            book.NoteForward(was, step.Worker, use == SessionUse.Existing, podSlot, site.Serves);
            if (!was.IsFragment) (Forwarded, IsForwardedCertain) = ((step.Packet, after.ToArray()), true);
        }

        return (ulong)was.LengthBytes;
    }

    /// <summary>An answer, or an ICMP error of either direction.</summary>
    private void CheckOther(PacketBatch* batch, int i, Step step, SessionUse use)
    {
        ReadOnlySpan<byte> after = _rooms[i].Now;
        if (use == SessionUse.Quoted)
        {
            TranslationChecks.CheckError(step.Packet, after, Family);
            return;
        }

        if (use != SessionUse.Existing) throw new FindingException($"an answer with session {use}");
        TranslationChecks.CheckPacket(step.Packet, after, Family, TranslationChecks.Ends.Both);
        var view = new PacketView(after, Family);
        book.CheckReturn(view);
        if (!view.IsFragment) Returned = (step.Packet, after.ToArray());
        if (step.AnswersTo is byte[] request) PodCheck.CheckRoundTrip(new PacketView(request, Family), view);
    }
}
