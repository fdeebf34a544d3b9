using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// One bucket of the return index: eight slots in a cache line, changed by any worker at any time. A slot holds a
/// pointer (tag, worker, entry index) or none; bits 26 to 31 of the first slot hold, beside its pointer, the bucket's
/// overflow count. All changes are compare-and-swaps or additions of one 64-bit word that leave the other part alone.
/// A loop turns again only when another worker has changed the same word, so somebody always gets on.
/// </summary>
public static unsafe class ReturnBucket
{
    /// <summary>One in the overflow count.</summary>
    private const ulong OverflowOne = 1UL << ReturnIndex.OverflowShift;

    /// <summary>The bits of the overflow count.</summary>
    private const ulong OverflowMask = ReturnIndex.MaxOverflow * OverflowOne;

    /// <summary>The pointer to a session, as it lies in a slot.</summary>
    public static ulong Pack(ulong hash, uint worker, uint entryIndex) =>
        (Tag(hash) << ReturnIndex.TagShift) | ((ulong)worker << ReturnIndex.WorkerShift) | entryIndex;

    /// <summary>Tag of a hash: never 0, which is an empty slot's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Tag(ulong hash)
    {
        ulong tag = hash >> ReturnIndex.TagShift;
        return tag == 0 ? 1 : tag;
    }

    /// <summary>The pointer in a slot, 0 when there is none.</summary>
    public static ulong Pointer(ulong slot) => slot & ~OverflowMask;

    /// <summary>Entry index in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint EntryIndex(ulong slot) => (uint)slot & (ReturnIndex.MaxEntries - 1);

    /// <summary>How many pointers of this bucket lie in their second bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint OverflowCount(ulong* bucket) => (uint)*bucket >> ReturnIndex.OverflowShift;

    /// <summary>Puts a pointer into an empty slot. False when there is none.</summary>
    public static bool TryPut(ulong* bucket, ulong pointer) => TryReplace(bucket, 0, pointer);

    /// <summary>Puts a pointer into an empty slot of a bucket that has none with its tag and has not overflowed. False when it has, is full, or is changed at the same time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPutAlone(ulong* bucket, ulong pointer)
    {
        ulong tag = pointer >> ReturnIndex.TagShift;
        bool isVector = Vector256.IsHardwareAccelerated;
        uint matches = isVector ? MatchVector256(bucket, tag) : MatchScalar(bucket, tag);
        uint empty = isVector ? MatchVector256(bucket, 0) : MatchScalar(bucket, 0);
        return matches == 0 && empty != 0 && Interlocked.CompareExchange(ref bucket[BitOperations.TrailingZeroCount(empty)], pointer, 0) == 0;
    }

    /// <summary>Takes a pointer out. False when it is not here.</summary>
    public static bool TryTake(ulong* bucket, ulong pointer) => TryReplace(bucket, pointer, 0);

    /// <summary>Counts one more pointer of this bucket in its second bucket. False when the count is at its end.</summary>
    public static bool TryCountUp(ulong* bucket)
    {
        ulong slot = Volatile.Read(ref *bucket);
        while ((slot & OverflowMask) != OverflowMask)
        {
            ulong before = Interlocked.CompareExchange(ref *bucket, slot + OverflowOne, slot);
            if (before == slot) return true;
            slot = before;
        }

        return false;
    }

    /// <summary>
    /// Counts one pointer less. Each call undoes one <see cref="TryCountUp"/> that succeeded, so the count is at least 1
    /// and the subtraction borrows nothing from the pointer.
    /// </summary>
    public static void CountDown(ulong* bucket) => Interlocked.Add(ref *bucket, unchecked(0 - OverflowOne));

    /// <summary>The slots with this tag, bit i for slot i; the plain way: the oracle of <see cref="MatchVector256"/>.</summary>
    public static uint MatchScalar(ulong* bucket, ulong tag)
    {
        uint matches = 0;
        for (int i = 0; i < ReturnIndex.BucketLength; i++)
            if (bucket[i] >> ReturnIndex.TagShift == tag) matches |= 1u << i;
        return matches;
    }

    /// <summary>The slots with this tag, bit i for slot i: all eight compared at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint MatchVector256(ulong* bucket, ulong tag)
    {
        Vector256<ulong> tags = Vector256.Create(tag);
        Vector256<ulong> low = Vector256.LoadAligned(bucket) >>> ReturnIndex.TagShift;
        Vector256<ulong> high = Vector256.LoadAligned(bucket + 4) >>> ReturnIndex.TagShift;
        return Vector256.Equals(low, tags).ExtractMostSignificantBits()
            | (Vector256.Equals(high, tags).ExtractMostSignificantBits() << 4);
    }

    /// <summary>Writes <paramref name="to"/> over the first pointer that is <paramref name="from"/>; 0 is no pointer.</summary>
    private static bool TryReplace(ulong* bucket, ulong from, ulong to)
    {
        for (int i = 0; i < ReturnIndex.BucketLength; i++)
        {
            ulong slot = Volatile.Read(ref bucket[i]);
            while (Pointer(slot) == from)
            {
                ulong before = Interlocked.CompareExchange(ref bucket[i], (slot & OverflowMask) | to, slot);
                if (before == slot) return true;
                slot = before;
            }
        }

        return false;
    }
}
