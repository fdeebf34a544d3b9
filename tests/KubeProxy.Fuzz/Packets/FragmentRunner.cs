using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>What the first fragment of a datagram said, in the order of the wire.</summary>
internal readonly record struct Told(ushort SourcePort, ushort DestinationPort, byte TcpFlags)
{
    public DatagramHeader ToHeader() =>
        new(BinaryPrimitives.ReverseEndianness(SourcePort) | ((uint)BinaryPrimitives.ReverseEndianness(DestinationPort) << 16), TcpFlags);
}

/// <summary>A fragment that has gone its way: null when it was not translated.</summary>
internal sealed record FragmentResult(byte[]? Left, uint PodSlot);

/// <summary>Takes fragments through the data path one by one, with what virtual reassembly tells of their datagrams.</summary>
internal sealed unsafe class FragmentRunner(FuzzSite site) : IDisposable
{
    private readonly PacketRoom _room = new();
    private readonly BookKeeping _counters = new(site);

    public Action<Step>? Observer { get; set; }

    public void Clear() => _counters.Clear();

    public FragmentResult Run(Step step, Told told)
    {
        Observer?.Invoke(step);
        Load(step);
        Worker* worker = site.Path.Worker(step.Worker);
        (byte[] source, byte[] destination) = site.Family == IpFamily.Ip4
            ? Run<Ip4Family, Ip4Session, Ip4Flow>(worker, told, step.IsForward)
            : Run<Ip6Family, Ip6Session, Ip6Flow>(worker, told, step.IsForward);
        _room.CheckBorders();
        return Check(step, worker->Batch, source, destination);
    }

    public void Dispose() => _room.Dispose();

    private void Load(Step step)
    {
        PacketBatch* batch = site.Path.Worker(step.Worker)->Batch;
        batch->Special = 1;
        batch->Packet[0] = (ulong)_room.Put(step.Packet, headroomBytes: 0, step.IsAtStart);
        batch->Available[0] = (uint)step.Packet.Length;
        batch->TotalBytes[0] = ushort.MaxValue;
        batch->PieceBytes[0] = 0;
        batch->VipSlot[0] = step.VipSlot;
        batch->PodSlot[0] = 0;
        batch->Target[0] = 0;
    }

    private FragmentResult Check(Step step, PacketBatch* batch, byte[] source, byte[] destination)
    {
        if (batch->Outcome[0] != (byte)Outcome.Translated)
        {
            _room.CheckUntouched(((Outcome)batch->Outcome[0]).ToString());
            _counters.Expect(0, 0);
            return new FragmentResult(null, 0);
        }

        byte[] left = _room.Now.ToArray();
        var was = new PacketView(step.Packet, site.Family);
        var view = new PacketView(left, site.Family);
        if (!view.Source.SequenceEqual(source) || !view.Destination.SequenceEqual(destination)) throw new FindingException("a fragment leaves with other ends than told");
        if (step.IsForward) PodCheck.Check(site, was, view, batch->PodSlot[0], batch->Target[0]);
        else TranslationChecks.CheckPacket(step.Packet, left, site.Family, TranslationChecks.Ends.Both);
        _counters.Expect(step.IsForward ? 1u : 0, step.IsForward ? (ulong)was.LengthBytes : 0);
        return new FragmentResult(left, batch->PodSlot[0]);
    }

    private static (byte[] Source, byte[] Destination) Run<TFamily, TSession, TFlow>(Worker* worker, Told told, bool isForward)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        TFlow leaves = default;
        if (isForward) FragmentPath<TFamily, TSession, TFlow>.Forward(worker, worker->Batch, 0, told.ToHeader(), &leaves);
        else FragmentPath<TFamily, TSession, TFlow>.Return(worker, worker->Batch, 0, told.ToHeader(), &leaves);
        int addressBytes = typeof(TFamily) == typeof(Ip4Family) ? 4 : 16;
        return (new ReadOnlySpan<byte>(TFlow.SourceOf(&leaves), addressBytes).ToArray(), new ReadOnlySpan<byte>(TFlow.DestinationOf(&leaves), addressBytes).ToArray());
    }
}
