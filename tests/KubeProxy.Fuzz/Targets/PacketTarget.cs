using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>
/// The nodes of one family: packets of clients and pods in any order, time that passes, pods that come and go. Some records are made from what has
/// become of earlier packets: answers to them, errors about them.
/// </summary>
internal sealed unsafe class PacketTarget : IPacketTarget
{
    private readonly FuzzSite _site;
    private readonly FlowBook _book = new();
    private readonly PacketRunner _runner;

    public PacketTarget(IpFamily family, IReadOnlyList<byte[]> seeds)
    {
        _site = new FuzzSite(family);
        _runner = new PacketRunner(_site, _book);
        Seeds = seeds;
    }

    public InputShape Shape => InputShape.Records;

    public IReadOnlyList<byte[]> Seeds { get; }

    public IReadOnlyList<byte[]> Words => Targets.Words.OfPackets(_site.Family);

    public Action<Step>? Observer
    {
        get => _runner.Observer;
        set => _runner.Observer = value;
    }

    public IpFamily FamilyOf(Step step) => _site.Family;

    /// <summary>What is run for the first time may allocate, as types are loaded; what is run for the second time may not.</summary>
    public void Run(ReadOnlySpan<byte> input)
    {
        RunOnce(input);
        if (!_runner.HasAllocated) return;
        RunOnce(input);
        if (_runner.HasAllocated) throw new FindingException("the data path has allocated");
    }

    private void RunOnce(ReadOnlySpan<byte> input)
    {
        _site.Image.Restore();
        _book.Clear();
        _runner.Clear();
        foreach (Record record in Record.ReadAll(input)) Run(record);
        _runner.Flush();
        _site.Path.Audit();
    }

    public void Dispose()
    {
        _runner.Dispose();
        _site.Dispose();
    }

    private void Run(Record record)
    {
        switch ((RecordKind)(record.Kind % (int)RecordKind.Count))
        {
            case RecordKind.Forward: _runner.Take(StepOf(record, isForward: true)); break;
            case RecordKind.Return: _runner.Take(StepOf(record, isForward: false)); break;
            case RecordKind.NodePort: ToNodePort(StepOf(record, isForward: true)); break;
            case RecordKind.Change: Change(record); break;
            case RecordKind.Answer: Answer(record); break;
            case RecordKind.ErrorOfPods: ErrorOfPods(record); break;
            case RecordKind.ErrorOfClients: ErrorOfClients(record); break;
            default: Repeat(record); break;
        }
    }

    private Step StepOf(Record record, bool isForward)
    {
        if (record.Flags.HasFlag(RecordFlags.Sound)) Craft.MakeSound(record.Bytes, _site.Family);
        return new Step(record.Bytes, record.Slot % FuzzSite.SlotCount, isForward, record.Flags);
    }

    private void ToNodePort(Step step)
    {
        uint slot = _runner.NodePortOf(step);
        if (slot is not (NodePortTable.NoSlot or FuzzSite.NodePortSlot)) throw new FindingException($"the table of node ports names slot {slot}");
        if (slot != NodePortTable.NoSlot) _runner.Take(step with { VipSlot = slot });
    }

    /// <summary>Seconds pass, or a pod's state changes, as the first byte says; what waits goes before.</summary>
    private void Change(Record record)
    {
        _runner.Flush();
        _book.Disturb();
        _runner.IsForwardedCertain = false;
        (byte what, byte which) = record.Bytes.Length < 2 ? ((byte)0, (byte)1) : (record.Bytes[0], record.Bytes[1]);
        uint podSlot = (which % _site.PodCount) + 1;
        switch (what % 8)
        {
            case 0: _site.Path.Pass(which); break;
            case 1: _site.Path.Pass(which * 60u); break;
            case 2: _site.TakeOut(PodState.Removed); break;
            case 3: _site.TakeOut(PodState.Dead); break;
            case 4: _site.BringBack(); break;
            case 5: _site.Path.Shared->Pods[podSlot].IsHeldBack ^= 1; break;
            case 6: PodRecord.SetMtu(_site.Path.Shared->Pods + podSlot, (which & 1) == 0 ? FuzzSite.ShortMtu : PodRecord.NoMtu); break;
            default: _site.Path.Flush(); break;
        }
    }

    /// <summary>The pod answers the last packet that reached it.</summary>
    private void Answer(Record record)
    {
        _runner.Flush();
        if (_runner.Forwarded is not (byte[] came, byte[] left) || !CanAnswer(left)) return;
        byte flags = record.Slot == 0 ? (byte)0x12 : record.Slot;
        byte[] answer = Craft.Answer(left, _site.Family, record.Bytes, flags);
        _runner.Take(new Step(answer, 0, IsForward: false, record.Flags & ~(RecordFlags.Chained | RecordFlags.Segmented))
        {
            AnswersTo = _runner.IsForwardedCertain ? came : null,
        });
    }

    private void ErrorOfPods(Record record)
    {
        _runner.Flush();
        if (_runner.Forwarded is not (_, byte[] left)) return;
        _runner.Take(new Step(Error(record, left), 0, IsForward: false, record.Flags));
    }

    private void ErrorOfClients(Record record)
    {
        _runner.Flush();
        if (_runner.Returned is not (_, byte[] left)) return;
        _runner.Take(new Step(Error(record, left), 1, IsForward: true, record.Flags));
    }

    private byte[] Error(Record record, byte[] left) =>
        Craft.Error(left, _site.Family, record.Bytes.AsSpan(0, Math.Min(record.Bytes.Length, 64)), isFromRouter: record.Slot % 2 == 0);

    /// <summary>The last packet that reached a pod comes again.</summary>
    private void Repeat(Record record)
    {
        _runner.Flush();
        if (_runner.Forwarded is (byte[] came, _)) _runner.Take(new Step([.. came], record.Slot % FuzzSite.SlotCount, IsForward: true, record.Flags));
    }

    private bool CanAnswer(byte[] packet)
    {
        var view = new PacketView(packet, _site.Family);
        return view.L4 != 0 && !view.IsFragment && view.Bytes.Length >= view.L4 + PacketSpec.L4BytesOf(view.Protocol);
    }
}
