using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// One IPv6 session: one cache line; four lines are a bucket. A worker that only reads checks <see cref="Sequence"/>
/// before and after: the owner makes it odd while it changes the entry.
/// <code>
///   0             16             32      36      40         44          64
///   | client (16) | vip (16)     | ports | value | sequence | unused    |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public unsafe struct Ip6Session : ISession<Ip6Session, Ip6Flow>
{
    /// <summary>Of ports and value as one word: ports, kind and tick, without the pod slot.</summary>
    private const ulong StampMask = ~((ulong)SessionValue.PodSlotMask << 32);

    [FieldOffset(0)]
    public Ip6Flow Tuple;

    [FieldOffset(36)]
    public uint Bits;

    [FieldOffset(40)]
    public uint Sequence;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FindInBucket(Ip6Session* bucket, Ip6Flow* flow) =>
        Vector256.IsHardwareAccelerated ? FindVector256(bucket, flow) : FindScalar(bucket, flow);

    /// <summary>The look-up with plain comparisons: the oracle of <see cref="FindVector256"/>.</summary>
    public static int FindScalar(Ip6Session* bucket, Ip6Flow* flow)
    {
        for (int i = 0; i < SessionTable.BucketLength; i++)
        {
            Ip6Flow* tuple = &bucket[i].Tuple;
            bool sameTuple = tuple->SourceFirst == flow->SourceFirst && tuple->SourceSecond == flow->SourceSecond
                && tuple->DestinationFirst == flow->DestinationFirst
                && tuple->DestinationSecond == flow->DestinationSecond && tuple->Ports == flow->Ports;
            if (sameTuple && bucket[i].Bits != 0 && SessionValue.IsOfClass(bucket[i].Bits, flow->Class)) return i;
        }

        return -1;
    }

    /// <summary>The look-up with both addresses compared at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FindVector256(Ip6Session* bucket, Ip6Flow* flow)
    {
        Vector256<ulong> wanted = Vector256.Load((ulong*)flow);
        for (int i = 0; i < SessionTable.BucketLength; i++)
        {
            Ip6Session* entry = bucket + i;
            bool sameTuple = entry->Tuple.Ports == flow->Ports && Vector256.LoadAligned((ulong*)entry) == wanted;
            if (sameTuple && entry->Bits != 0 && SessionValue.IsOfClass(entry->Bits, flow->Class)) return i;
        }

        return -1;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FindFresh(Ip6Session* bucket, Ip6Flow* wanted) =>
        Vector256.IsHardwareAccelerated ? FindFreshVector256(bucket, wanted) : SessionTable.FindFreshScalar(bucket, wanted);

    /// <summary>The look-up with ports and stamp compared as one word, then both addresses at once; the stamp implies the class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FindFreshVector256(Ip6Session* bucket, Ip6Flow* wanted)
    {
        Vector256<ulong> addresses = Vector256.Load((ulong*)wanted);
        ulong portsAndStamp = wanted->PortsAndClass;
        for (int i = 0; i < SessionTable.BucketLength; i++)
        {
            Ip6Session* entry = bucket + i;
            ulong portsAndValue = entry->Tuple.PortsAndClass;
            if ((portsAndValue & StampMask) != portsAndStamp) continue;
            if (Vector256.LoadAligned((ulong*)entry) == addresses) return (uint)(portsAndValue >> 32);
        }

        return 0;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(Ip6Session* bucket)
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(bucket);
        Sse.Prefetch0(bucket + 1);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint* Value(Ip6Session* entry) => &entry->Bits;

    /// <inheritdoc/>
    public static void Write(Ip6Session* entry, Ip6Flow* flow, uint value)
    {
        entry->Sequence++;
        Volatile.Write(ref entry->Bits, 0);
        Volatile.WriteBarrier();
        entry->Tuple.SourceFirst = flow->SourceFirst;
        entry->Tuple.SourceSecond = flow->SourceSecond;
        entry->Tuple.DestinationFirst = flow->DestinationFirst;
        entry->Tuple.DestinationSecond = flow->DestinationSecond;
        entry->Tuple.Ports = flow->Ports;
        Volatile.Write(ref entry->Bits, value);
        Volatile.Write(ref entry->Sequence, entry->Sequence + 1);
    }

    /// <inheritdoc/>
    public static Ip6Flow Flow(Ip6Session* entry)
    {
        Ip6Flow flow = entry->Tuple;
        flow.Class = SessionValue.ClassOf(SessionValue.Kind(entry->Bits));
        return flow;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Copy(Ip6Session* shared, Ip6Session* copy)
    {
        uint before = Volatile.Read(ref shared->Sequence);
        Vector256<ulong> addresses = Vector256.Load((ulong*)shared);
        ulong portsAndValue = shared->Tuple.PortsAndClass;
        Volatile.ReadBarrier();
        bool isWhole = (before & 1) == 0 && shared->Sequence == before;
        addresses.Store((ulong*)copy);
        copy->Tuple.PortsAndClass = isWhole ? portsAndValue : 0;
        copy->Sequence = before;
        return copy->Bits;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ip6Flow Return(Ip6Flow* flow, PodRecord* pod)
    {
        uint podPort = pod->TargetPortWire != 0 ? pod->TargetPortWire : flow->DestinationPortWire;
        Unsafe.SkipInit(out Ip6Flow back);
        Vector128.Create(pod->Address6First, pod->Address6Second).Store(&back.SourceFirst);
        Vector128.Load(&flow->SourceFirst).Store(&back.DestinationFirst);
        back.PortsAndClass = Ip6Flow.Pack(podPort | ((uint)flow->SourcePortWire << 16), flow->Class);
        return back;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsReturn(Ip6Session* entry, PodRecord* pod, Ip6Flow* back) =>
        IsFreshReturn(entry, pod, back) && SessionValue.IsOfClass(entry->Bits, back->Class);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFreshReturn(Ip6Session* entry, PodRecord* pod, Ip6Flow* back)
    {
        ushort podPort = pod->TargetPortWire != 0 ? pod->TargetPortWire : entry->Tuple.DestinationPortWire;
        return entry->Tuple.SourceFirst == back->DestinationFirst
            && entry->Tuple.SourceSecond == back->DestinationSecond
            && pod->Address6First == back->SourceFirst && pod->Address6Second == back->SourceSecond
            && entry->Tuple.SourcePortWire == back->DestinationPortWire
            && podPort == back->SourcePortWire;
    }
}
