using KubeProxy.Bench.Data;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Bench.Baseline;

/// <summary>
/// IPv4 flows that all take the short way, in both directions: those whose session is in its first bucket, and whose answer's first
/// candidate is that session. The few others, at half full tables, stay in the tables and are not sent.
/// </summary>
internal sealed unsafe class ShortWay
{
    private const int Count = PacketBatch.Capacity;

    /// <param name="flowCount">Number of flows.</param>
    /// <param name="first">Null, or another worker's flows: these are then others, on a second worker of the same data path.</param>
    public ShortWay(int flowCount, ShortWay? first = null)
    {
        Path = new DataPathOf<Ip4Family, Ip4Session, Ip4Flow>(flowCount, first?.Path);
        Requests = Path.CreateTemplates(flowCount, first is null ? 0 : flowCount);
        Answers = Path.Learn(Requests);
        int kept = 0;
        for (int i = 0; i < flowCount; i++)
            if (IsShort(i)) Keep(i, kept++);
        Requests.Count = Answers.Count = kept;
    }

    public DataPathOf<Ip4Family, Ip4Session, Ip4Flow> Path { get; }

    /// <summary>Clients' packets.</summary>
    public PacketTemplates Requests { get; }

    /// <summary>Pods' packets.</summary>
    public PacketTemplates Answers { get; }

    /// <summary>All clients' packets, those that take the longer way too.</summary>
    public PacketTemplates CreateAll(int flowCount) => Path.CreateTemplates(flowCount);

    /// <summary>The C baseline's way; answers how many packets need the longer one.</summary>
    public uint ForwardInC() => CBaseline.Forward(Path.Worker, Path.Worker->Batch, Count);

    /// <summary>The C baseline's way back.</summary>
    public uint ReturnInC() => CBaseline.Return(Path.Worker, Path.Worker->Batch, Count);

    private bool IsShort(int index)
    {
        Ip4Flow flow = Read(Requests, index, out ulong hash);
        uint entry = Path.Sessions->FindFirst(&flow, hash);
        _ = Read(Answers, index, out ulong answerHash);
        return entry != SessionTable.NotFound && Path.Sessions->Index->First(answerHash, out _) == Path.Sessions->Entries + entry;
    }

    private Ip4Flow Read(PacketTemplates packets, int index, out ulong hash)
    {
        Ip4Flow flow = default;
        _ = Ip4Family.TryParse(packets.Packet(index), PacketTemplates.PacketBytes, &flow);
        hash = Ip4Flow.Hash(&flow, &Path.Shared->SessionKey);
        return flow;
    }

    private void Keep(int from, int to)
    {
        foreach (PacketTemplates packets in (PacketTemplates[])[Requests, Answers])
            new ReadOnlySpan<byte>(packets.Packet(from), packets.LengthBytes).CopyTo(new Span<byte>(packets.Packet(to), packets.LengthBytes));
    }
}
