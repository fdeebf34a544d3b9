using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>
/// Fragments of both families: any bytes with any ports told, and whole datagrams cut into fragments that come in some order, whose translations must join to
/// the translation of the whole.
/// <code>
///   kind 0, 1  forward, return: ports (4), TCP flags, packet
///   kind 2     a client's datagram: part length, order, payload ...       kind 3  the pod's answer to the last one, likewise
///   kind 4     seconds pass, sessions are flushed
/// </code>
/// </summary>
internal sealed unsafe class FragmentTarget : IPacketTarget
{
    private const int KindCount = 5;
    private const byte Ip6Bit = 0x80;
    private readonly FuzzSite[] _sites = [new(IpFamily.Ip4), new(IpFamily.Ip6)];
    private readonly FragmentRunner[] _runners;
    private readonly (byte[] Came, byte[] Left)?[] _last = new (byte[], byte[])?[2];
    private int _datagrams;

    public FragmentTarget() => _runners = [.. _sites.Select(site => new FragmentRunner(site))];

    public InputShape Shape => InputShape.Records;

    public IReadOnlyList<byte[]> Seeds => FragmentSeeds.All;

    public IReadOnlyList<byte[]> Words => [.. Targets.Words.OfPackets(IpFamily.Ip4), .. Targets.Words.OfPackets(IpFamily.Ip6)];

    public Action<Step>? Observer
    {
        get => _runners[0].Observer;
        set => _runners[0].Observer = _runners[1].Observer = value;
    }

    public IpFamily FamilyOf(Step step) => step.Packet.Length != 0 && step.Packet[0] >> 4 == 6 ? IpFamily.Ip6 : IpFamily.Ip4;

    public void Run(ReadOnlySpan<byte> input)
    {
        for (int i = 0; i < _sites.Length; i++)
        {
            _sites[i].Image.Restore();
            _runners[i].Clear();
            _last[i] = null;
        }

        _datagrams = 0;
        foreach (Record record in Record.ReadAll(input)) Run(record, (record.Slot & Ip6Bit) == 0 ? 0 : 1);
        foreach (FuzzSite site in _sites) site.Path.Audit();
    }

    public void Dispose()
    {
        foreach (FragmentRunner runner in _runners) runner.Dispose();
        foreach (FuzzSite site in _sites) site.Dispose();
    }

    private void Run(Record record, int family)
    {
        switch (record.Kind % KindCount)
        {
            case 0 or 1: RunAny(record, family); break;
            case 2: RunDatagram(record, family); break;
            case 3: RunAnswer(record, family); break;
            default: Change(record, family); break;
        }
    }

    private void RunAny(Record record, int family)
    {
        byte[] all = record.Bytes.Length < 5 ? [.. record.Bytes, .. new byte[5]] : record.Bytes;
        var told = new Told(BinaryPrimitives.ReadUInt16BigEndian(all), BinaryPrimitives.ReadUInt16BigEndian(all.AsSpan(2)), all[4]);
        byte[] packet = all[5..];
        if (record.Flags.HasFlag(RecordFlags.Sound)) Craft.MakeSound(packet, _sites[family].Family);
        _ = _runners[family].Run(StepOf(record, packet, record.Kind % KindCount == 0), told);
    }

    /// <summary>A datagram of a flow of its own.</summary>
    private void RunDatagram(Record record, int family)
    {
        byte protocol = (record.Slot & 0x40) == 0 ? IpProtocol.Udp : IpProtocol.Tcp;
        IpFamily ip = _sites[family].Family;
        PacketSpec spec = new(Site.Client(ip, 1, 41_000 + _datagrams++), Site.Vip(ip, 1, 80), protocol) { PayloadBytes = 24 + (record.Bytes.Length % 400), Seed = record.Bytes.Length };
        byte[] whole = spec.Build();
        if (Send(record, family, whole, isForward: true) is not byte[] joined) return;
        _last[family] = (whole, joined);
    }

    private void RunAnswer(Record record, int family)
    {
        if (_last[family] is not (byte[] came, byte[] left)) return;
        byte[] payload = new byte[24 + (record.Bytes.Length % 400)];
        byte[] answer = Craft.Answer(left, _sites[family].Family, payload, tcpFlags: 0x10);
        if (Send(record, family, answer, isForward: false) is byte[] joined)
            PodCheck.CheckRoundTrip(new PacketView(came, _sites[family].Family), new PacketView(joined, _sites[family].Family));
    }

    /// <summary>Every fragment, in the order that the record says; the translations, joined, or null when nobody has taken them.</summary>
    private byte[]? Send(Record record, int family, byte[] whole, bool isForward)
    {
        byte[] words = [.. record.Bytes, 3, 0];
        byte[][] fragments = FragmentCutter.Cut(whole, 8 * (3 + (words[0] % 30)));
        new Random(words[1]).Shuffle(fragments);
        var view = new PacketView(whole, _sites[family].Family);
        var told = new Told((ushort)view.SourcePort, (ushort)view.DestinationPort, view.Protocol == IpProtocol.Tcp ? whole[view.L4 + 13] : (byte)0);
        FragmentResult[] results = [.. fragments.Select(fragment => _runners[family].Run(StepOf(record, fragment, isForward), told))];
        if (results.Any(result => result.Left is null)) return null;
        if (results.Any(result => result.PodSlot != results[0].PodSlot)) throw new FindingException("fragments of a datagram reach different pods");
        byte[] joined = FragmentCutter.Join(results.Select(result => result.Left!), whole);
        return Residue.IsSound(joined, _sites[family].Family) ? joined : throw new FindingException("fragments join to a datagram whose checksum is wrong");
    }

    private void Change(Record record, int family)
    {
        byte seconds = record.Bytes.Length == 0 ? (byte)1 : record.Bytes[0];
        if (seconds == byte.MaxValue) _sites[family].Path.Flush();
        else if (seconds == byte.MaxValue - 1) _sites[family].TakeOut(PodState.Removed);
        else _sites[family].Path.Pass(seconds);
    }

    private static Step StepOf(Record record, byte[] packet, bool isForward) => new(packet, (uint)(record.Slot & 0x3F) % FuzzSite.SlotCount, isForward, record.Flags);
}
