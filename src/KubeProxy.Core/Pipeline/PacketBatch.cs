using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Some packets of one frame, stage by stage: a structure of arrays, allocated once per worker. The host fills the input
/// arrays, the pipeline the rest; all arrays are indexed by the packet's place in the batch.
/// </summary>
public unsafe struct PacketBatch
{
    /// <summary>
    /// Most packets in a batch. The lines of a packet (buffer, header, session, these arrays) fit the first-level cache for
    /// this many, and it is far enough ahead for a prefetch from memory.
    /// </summary>
    public const int Capacity = 64;

    /// <summary>Input: address of the IP header.</summary>
    public fixed ulong Packet[Capacity];

    /// <summary>Input: bytes that lie in one piece from the IP header on.</summary>
    public fixed uint Available[Capacity];

    /// <summary>Input (forward): VIP slot that the route or the node port named. Output (node ports): the slot, or none.</summary>
    public fixed uint VipSlot[Capacity];

    /// <summary>Session hash; forward, of packets without a fresh session only.</summary>
    public fixed ulong Hash[Capacity];

    /// <summary>Forward direction: the bucket in which a fresh session would be; <see cref="NoBucket"/> of a plain packet whose flow is in neither of its buckets.</summary>
    public fixed ulong Bucket[Capacity];

    /// <summary>
    /// Record of the pod of a fresh session, or the record of slot 0, which no pod has; in the return direction in the order of <see cref="Work"/>.
    /// </summary>
    public fixed ulong Pod[Capacity];

    /// <summary>Forward direction: IP length of a plain packet; of any other more than a packet can have.</summary>
    public fixed uint Length[Capacity];

    /// <summary>Output: adjacency and graph next, as in the pod's record; of a packet that is too long its way's MTU.</summary>
    public fixed ulong Target[Capacity];

    /// <summary>Pod slot of a translated packet.</summary>
    public fixed uint PodSlot[Capacity];

    /// <summary>Output: one of <see cref="Pipeline.Outcome"/>.</summary>
    public fixed byte Outcome[Capacity];

    /// <summary>Output: one of <see cref="Pipeline.SessionUse"/>.</summary>
    public fixed byte Session[Capacity];

    /// <summary>Places of the packets that may have a session (return), or that a stage has on its list (forward). The host's own use of it comes afterwards.</summary>
    public fixed ushort Work[Capacity];

    /// <summary>Places of the packets without a fresh session.</summary>
    public fixed ushort Misses[Capacity];

    /// <summary>
    /// Source port of a masqueraded packet's session in wire order; 0: the client's source is kept. Written for packets without a
    /// fresh session.
    /// </summary>
    public fixed ushort SourcePort[Capacity];

    /// <summary>Return direction: entry of the first candidate, on whichever worker. Forward, of new flows: hash of the answers.</summary>
    public fixed ulong Found[Capacity];

    /// <summary>Return direction: tag matches in the return index.</summary>
    public fixed uint Candidates[Capacity];

    /// <summary>
    /// Five-tuples, as they arrived; 40 bytes each are enough for either family. While whole batches are worked on, a plain packet's has, in the place of the
    /// class, what a session must be stamped with to be fresh (<see cref="Sessions.SessionClock.FreshStamp"/>), with the packet's control flags in the place of the
    /// pod slot: a packet that has one finds no session fresh. <see cref="ForwardPath{TFamily, TSession, TFlow}.Show"/> puts the class back.
    /// </summary>
    public fixed byte Flows[Capacity * FlowBytes];

    /// <summary>Input (forward): bit i is set when <see cref="TotalBytes"/> and <see cref="PieceBytes"/> say something of packet i.</summary>
    public ulong Special;

    /// <summary>Input (forward) for special packets: bytes from the IP header on, in all pieces of memory.</summary>
    public fixed uint TotalBytes[Capacity];

    /// <summary>Input (forward) for special packets: longest packet that this one is cut into before it leaves; 0 when it leaves as it is.</summary>
    public fixed uint PieceBytes[Capacity];

    /// <summary>Return direction: copies of sessions, in the order of <see cref="Work"/>; 64 bytes each are enough for either family.</summary>
    public fixed byte Sessions[Capacity * SessionBytes];

    /// <summary>Bytes kept for one session.</summary>
    public const int SessionBytes = 64;

    /// <summary>Bytes kept for one five-tuple.</summary>
    public const int FlowBytes = 40;

    /// <summary>The copies of a family's sessions.</summary>
    public static TSession* SessionsOf<TSession>(PacketBatch* batch)
        where TSession : unmanaged => (TSession*)batch->Sessions;

    /// <summary>A stamp that no session has.</summary>
    public const uint NoStamp = uint.MaxValue;

    /// <summary>No bucket: the flow has no session.</summary>
    public const ulong NoBucket = 0;

    /// <summary>The length of a packet that is not plain.</summary>
    public const uint NoLength = uint.MaxValue;

    /// <summary>Gives all packets, those beyond the frame's too, one outcome and use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expect(PacketBatch* batch, Outcome outcome, SessionUse use)
    {
        Vector256<byte> outcomes = Vector256.Create((byte)outcome);
        Vector256<byte> uses = Vector256.Create((byte)use);
        for (int i = 0; i < Capacity; i += Vector256<byte>.Count)
        {
            outcomes.Store(batch->Outcome + i);
            uses.Store(batch->Session + i);
        }
    }

    /// <summary>True when every packet is translated; what lies beyond the frame's packets is as <see cref="Expect"/> has left it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreAllTranslated(PacketBatch* batch) =>
        (Vector256.Load(batch->Outcome) | Vector256.Load(batch->Outcome + Vector256<byte>.Count)) == Vector256<byte>.Zero;

    /// <summary>The five-tuples of a family.</summary>
    public static TFlow* FlowsOf<TFlow>(PacketBatch* batch)
        where TFlow : unmanaged => (TFlow*)batch->Flows;
}
