using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>Clients of one family, pods of the other: packets of both sides, answers to what reached a pod, errors about it, time and pods that go.</summary>
internal sealed unsafe class NatTarget : IPacketTarget
{
    private readonly NatSite _site;
    private readonly NatRunner _runner;

    public NatTarget(bool isNat46)
    {
        _site = new NatSite(isNat46);
        _runner = new NatRunner(_site);
        Seeds = [.. PacketSeeds.Of(_site.ClientFamily), .. PacketSeeds.Errors(_site.ClientFamily), .. isNat46 ? PacketSeeds.Fragments4() : PacketSeeds.Extended()];
    }

    public InputShape Shape => InputShape.Records;

    public IReadOnlyList<byte[]> Seeds { get; }

    public IReadOnlyList<byte[]> Words => [.. Targets.Words.OfPackets(IpFamily.Ip4), .. Targets.Words.OfPackets(IpFamily.Ip6)];

    public Action<Step>? Observer
    {
        get => _runner.Observer;
        set => _runner.Observer = value;
    }

    public IpFamily FamilyOf(Step step) => step.IsForward ? _site.ClientFamily : _site.PodFamily;

    public void Run(ReadOnlySpan<byte> input)
    {
        _site.Image.Restore();
        _runner.Clear();
        foreach (Record record in Record.ReadAll(input)) Run(record);
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
            case RecordKind.Forward or RecordKind.NodePort: Forward(record); break;
            case RecordKind.Return: Return(record); break;
            case RecordKind.Change: Change(record); break;
            case RecordKind.Answer: Answer(record); break;
            case RecordKind.ErrorOfPods: ErrorOfPods(record); break;
            case RecordKind.ErrorOfClients: ErrorOfClients(record); break;
            default: Repeat(record); break;
        }
    }

    private void Forward(Record record)
    {
        if (record.Flags.HasFlag(RecordFlags.Sound)) Craft.MakeSound(record.Bytes, _site.ClientFamily);
        _runner.Forward(new Step(record.Bytes, record.Slot % NatSite.SlotCount, IsForward: true, record.Flags));
    }

    private void Return(Record record)
    {
        if (record.Flags.HasFlag(RecordFlags.Sound)) Craft.MakeSound(record.Bytes, _site.PodFamily);
        _runner.Return(new Step(record.Bytes, 0, IsForward: false, record.Flags));
    }

    private void Answer(Record record)
    {
        if (_runner.Forwarded is not (byte[] came, byte[] left) || !CanAnswer(came, left)) return;
        byte[] answer = Craft.Answer(left, _site.PodFamily, record.Bytes, tcpFlags: 0x10);
        _runner.Return(new Step(answer, 0, IsForward: false, record.Flags & (RecordFlags.AtStart | RecordFlags.SecondWorker)) { AnswersTo = came });
    }

    private void ErrorOfPods(Record record)
    {
        if (_runner.Forwarded is (_, byte[] left)) _runner.Return(new Step(Error(record, left, _site.PodFamily), 0, IsForward: false, record.Flags));
    }

    private void ErrorOfClients(Record record)
    {
        if (_runner.Returned is (_, byte[] left)) _runner.Forward(new Step(Error(record, left, _site.ClientFamily), 1, IsForward: true, record.Flags));
    }

    private static byte[] Error(Record record, byte[] left, IpFamily family) =>
        Craft.Error(left, family, record.Bytes.AsSpan(0, Math.Min(record.Bytes.Length, 64)), isFromRouter: record.Slot % 2 == 0);

    private void Repeat(Record record)
    {
        if (_runner.Forwarded is (byte[] came, _)) _runner.Forward(new Step([.. came], record.Slot % NatSite.SlotCount, IsForward: true, record.Flags));
    }

    private void Change(Record record)
    {
        byte what = record.Bytes.Length == 0 ? (byte)0 : record.Bytes[0];
        _runner.Clear();
        if (what == byte.MaxValue) _site.Path.Flush();
        else if (what == byte.MaxValue - 1) _site.Path.Shared->Translation.RejectsNoUdpChecksum ^= 1;
        else _site.Path.Pass(what);
    }

    /// <summary>True for whole packets with ports on both sides, of flows that are not over by what the packet itself says.</summary>
    private bool CanAnswer(byte[] came, byte[] left)
    {
        var was = new PacketView(came, _site.ClientFamily);
        var view = new PacketView(left, _site.PodFamily);
        return was.L4 != 0 && !was.IsFragment && view.L4 != 0 && !view.IsFragment && was.HasPorts && view.HasPorts
            && view.Bytes.Length >= view.L4 + PacketSpec.L4BytesOf(view.Protocol);
    }
}
