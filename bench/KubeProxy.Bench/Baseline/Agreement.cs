using KubeProxy.Bench.Data;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Bench.Baseline;

/// <summary>
/// Proves that C and C# do the same: batch after batch of all flows, first by the one, then by the other on the same packets, and
/// everything that either may write is compared byte by byte: the worker, the batch with its targets, counters of services and pods, and packets.
/// </summary>
internal sealed unsafe class Agreement(ShortWay flows)
{
    private const int Count = PacketBatch.Capacity;
    private const int FirstPacket = 4;
    private readonly DataPathOf<Ip4Family, Ip4Session, Ip4Flow> _path = flows.Path;

    /// <summary>Throws at the first difference, and when a packet needs the longer way; answers the number of batches.</summary>
    public int Check()
    {
        if (SeesNoDifference()) throw new InvalidOperationException("a planted difference is not seen");
        int batches = 0;
        for (int first = 0; first < flows.Requests.Count; first += Count)
        {
            Compare("forward", flows.Requests, first, _path.Forward, flows.ForwardInC);
            Compare("return", flows.Answers, first, _path.Return, flows.ReturnInC);
            batches += 2;
        }

        return batches;
    }

    private void Compare(string name, PacketTemplates packets, int first, Action managed, Func<uint> native)
    {
        _ = _path.Frame.Fill(packets, first);
        byte[][] start = State();
        managed();
        byte[][] expected = State();
        Restore(start);
        uint misses = native();
        if (misses != 0) throw new InvalidOperationException($"{name}: {misses} packets of batch {first} need the longer way");
        byte[][] found = State();
        for (int part = 0; part < expected.Length; part++)
        {
            if (expected[part].AsSpan().SequenceEqual(found[part])) continue;
            int at = expected[part].AsSpan().CommonPrefixLength(found[part]);
            throw new InvalidOperationException($"{name}: batch {first}: C and C# differ at byte {at} of {Parts()[part].Name}");
        }

        // Two that both do nothing would agree too.
        bool isDone = Enumerable.Range(FirstPacket, Count).All(part => !start[part].AsSpan().SequenceEqual(expected[part]));
        if (!isDone) throw new InvalidOperationException($"{name}: batch {first}: a packet is not translated");
    }

    /// <summary>The control: C whose last packet has one wrong bit must be found out.</summary>
    private bool SeesNoDifference()
    {
        try
        {
            Compare("control", flows.Requests, 0, _path.Forward, WithWrongBit);
            return true;
        }
        catch (InvalidOperationException found)
        {
            return !found.Message.EndsWith($"packet {Count - 1}", StringComparison.Ordinal);
        }
    }

    private uint WithWrongBit()
    {
        uint misses = flows.ForwardInC();
        *_path.Frame.Packet(Count - 1) ^= 1;
        return misses;
    }

    private byte[][] State() => [.. Parts().Select(part => new ReadOnlySpan<byte>((byte*)part.Start, part.LengthBytes).ToArray())];

    private void Restore(byte[][] state)
    {
        List<Part> parts = Parts();
        for (int i = 0; i < state.Length; i++)
            state[i].CopyTo(new Span<byte>((byte*)parts[i].Start, parts[i].LengthBytes));
    }

    private List<Part> Parts()
    {
        List<Part> parts =
        [
            new("the worker", (nint)_path.Worker, sizeof(Worker)),
            new("the batch", (nint)_path.Worker->Batch, sizeof(PacketBatch)),
            new("the services' counters", (nint)_path.Worker->ExistingSession, sizeof(ulong)),
            new("the pods' counters", (nint)_path.Worker->Pod, (int)DataPathOf<Ip4Family, Ip4Session, Ip4Flow>.PodSlotCount * CounterPair.SizeBytes),
        ];
        for (int i = 0; i < Count; i++) parts.Add(new($"packet {i}", (nint)_path.Frame.Packet(i), flows.Requests.LengthBytes));
        return parts;
    }

    private readonly record struct Part(string Name, nint Start, int LengthBytes);
}
