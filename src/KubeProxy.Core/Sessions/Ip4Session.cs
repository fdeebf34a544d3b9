using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// One IPv4 session: the flow with its class replaced by the value. Four of them fill one cache line, the bucket.
/// <code>
///   0        4             8         12        16
///   | client | vip         | ports   | value   |
/// </code>
/// An entry is one aligned 16-byte word: x86 processors with AVX read and write it in one piece, so other workers
/// never see half an entry.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public unsafe struct Ip4Session : ISession<Ip4Session, Ip4Flow>
{
    /// <summary>Of an entry's upper half: ports, kind and tick, without the pod slot.</summary>
    private const ulong StampMask = ~((ulong)SessionValue.PodSlotMask << 32);

    private const int ValueOffset = 12;

    [FieldOffset(0)]
    public Ip4Flow Tuple;

    [FieldOffset(ValueOffset)]
    public uint Bits;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FindInBucket(Ip4Session* bucket, Ip4Flow* flow) =>
        Vector256.IsHardwareAccelerated ? FindVector256(bucket, flow) : FindScalar(bucket, flow);

    /// <summary>The look-up with plain comparisons: the oracle of <see cref="FindVector256"/>.</summary>
    public static int FindScalar(Ip4Session* bucket, Ip4Flow* flow)
    {
        for (int i = 0; i < SessionTable.BucketLength; i++)
        {
            Ip4Session* entry = bucket + i;
            bool sameTuple = *(ulong*)entry == *(ulong*)flow && entry->Tuple.Ports == flow->Ports;
            if (sameTuple && entry->Bits != 0 && SessionValue.IsOfClass(entry->Bits, flow->Class)) return i;
        }

        return -1;
    }

    /// <summary>The look-up of all four entries at once; the protocol class is compared for entries whose tuple fits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FindVector256(Ip4Session* bucket, Ip4Flow* flow)
    {
        Vector128<uint> one = Vector128.Load((uint*)flow);
        Vector256<uint> wanted = Vector256.Create(one, one);
        uint low = Vector256.Equals(Vector256.LoadAligned((uint*)bucket), wanted).ExtractMostSignificantBits();
        uint high = Vector256.Equals(Vector256.LoadAligned((uint*)bucket + 8), wanted).ExtractMostSignificantBits();
        uint equal = low | (high << 8);

        // Bits 0, 4, 8, 12 survive where the three words before the value are equal.
        uint candidates = equal & (equal >> 1) & (equal >> 2) & 0x1111;
        while (candidates != 0)
        {
            int position = BitOperations.TrailingZeroCount(candidates) >> 2;
            uint value = bucket[position].Bits;
            if (value != 0 && SessionValue.IsOfClass(value, flow->Class)) return position;
            candidates &= candidates - 1;
        }

        return -1;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FindFresh(Ip4Session* bucket, Ip4Flow* wanted) =>
        Avx2.IsSupported ? FindFreshVector256(bucket, wanted) : SessionTable.FindFreshScalar(bucket, wanted);

    /// <summary>The look-up of all four entries at once, as two 64-bit halves each; the stamp implies the class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FindFreshVector256(Ip4Session* bucket, Ip4Flow* wanted)
    {
        Vector256<ulong> twice = Avx2.BroadcastVector128ToVector256((ulong*)wanted);
        Vector256<ulong> mask = Vector256.Create(ulong.MaxValue, StampMask, ulong.MaxValue, StampMask);
        Vector256<ulong> low = Vector256.LoadAligned((ulong*)bucket) & mask;
        Vector256<ulong> high = Vector256.LoadAligned((ulong*)bucket + 4) & mask;
        uint equal = Vector256.Equals(low, twice).ExtractMostSignificantBits()
            | (Vector256.Equals(high, twice).ExtractMostSignificantBits() << 4);

        // Bits 0, 2, 4, 6 survive where both halves are equal.
        uint fresh = equal & (equal >> 1) & 0x55;
        if (fresh == 0) return 0;
        return *(uint*)((byte*)bucket + ((uint)BitOperations.TrailingZeroCount(fresh) * sizeof(ulong)) + ValueOffset);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(Ip4Session* bucket)
    {
        if (Sse.IsSupported) Sse.Prefetch0(bucket);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint* Value(Ip4Session* entry) => &entry->Bits;

    /// <inheritdoc/>
    public static void Write(Ip4Session* entry, Ip4Flow* flow, uint value) =>
        Vector128.Load((uint*)flow).WithElement(3, value).StoreAligned((uint*)entry);

    /// <inheritdoc/>
    public static Ip4Flow Flow(Ip4Session* entry)
    {
        Ip4Flow flow = entry->Tuple;
        flow.Class = SessionValue.ClassOf(SessionValue.Kind(entry->Bits));
        return flow;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Copy(Ip4Session* shared, Ip4Session* copy)
    {
        Vector128<uint> entry = Vector128.LoadAligned((uint*)shared);
        entry.Store((uint*)copy);
        return entry.GetElement(3);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ip4Flow Return(Ip4Flow* flow, PodRecord* pod)
    {
        uint podPort = pod->TargetPortWire != 0 ? pod->TargetPortWire : flow->DestinationPortWire;
        ulong addresses = pod->Address4 | ((ulong)flow->Source << 32);
        Ip4Flow back;
        Vector128.Create(addresses, Ip4Flow.Pack(podPort | ((uint)flow->SourcePortWire << 16), flow->Class)).Store((ulong*)&back);
        return back;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsReturn(Ip4Session* entry, PodRecord* pod, Ip4Flow* back) =>
        IsFreshReturn(entry, pod, back) && SessionValue.IsOfClass(entry->Bits, back->Class);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFreshReturn(Ip4Session* entry, PodRecord* pod, Ip4Flow* back)
    {
        ushort podPort = pod->TargetPortWire != 0 ? pod->TargetPortWire : entry->Tuple.DestinationPortWire;
        return entry->Tuple.Source == back->Destination
            && pod->Address4 == back->Source
            && entry->Tuple.SourcePortWire == back->DestinationPortWire
            && podPort == back->SourcePortWire;
    }
}
