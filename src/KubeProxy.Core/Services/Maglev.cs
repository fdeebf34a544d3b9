using System.Runtime.InteropServices;

namespace KubeProxy.Core.Services;

/// <summary>
/// Maglev's table (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section
/// 3.4): every pod has its own permutation of the slots and the pods take turns, each taking the next slot of its
/// permutation that is still empty.
/// <list type="bullet">
/// <item>The table's length is a power of two instead of a prime, so the permutation is offset + n x skip with an odd skip.</item>
/// <item>Pods take their turns sorted by address, then port: the order in which they were added does not matter.</item>
/// <item>Offset and skip come from <see cref="StableHash"/> with fixed seeds: a restart gives the same table.</item>
/// <item>A pod of weight w takes a slot in w of every W turns, W being the largest weight, and always in its first turn.
/// With equal weights every pod's share is the same to within one slot.</item>
/// </list>
/// With more pods than slots, the first pods in order take one slot each and the others none.
/// </summary>
public static unsafe class Maglev
{
    private const ulong OffsetSeed = 0x6B75_6265_5F70_6F64;
    private const ulong SkipSeed = 0x6D61_676C_6576_2D31;

    /// <summary>Fills <paramref name="table"/>; without a pod of some weight every slot is 0.</summary>
    public static void Fill(ReadOnlySpan<MaglevPod> pods, uint* table, uint length)
    {
        NativeMemory.Clear(table, (nuint)length * sizeof(uint));
        Turn[] turns = TakeOrder(pods, length - 1);
        uint heaviest = 0;
        foreach (Turn turn in turns) heaviest = Math.Max(heaviest, turn.Weight);
        if (heaviest == 0) return;
        for (int i = 0; i < turns.Length; i++) turns[i].Credit = heaviest - 1;
        for (uint filled = 0; filled < length;) filled = PlayRound(turns, heaviest, table, length, filled);
    }

    private static uint PlayRound(Turn[] turns, uint heaviest, uint* table, uint length, uint filled)
    {
        for (int i = 0; i < turns.Length && filled < length; i++)
        {
            ref Turn turn = ref turns[i];
            turn.Credit += turn.Weight;
            if (turn.Credit < heaviest) continue;
            turn.Credit -= heaviest;
            TakeNextEmpty(ref turn, table, length - 1);
            filled++;
        }

        return filled;
    }

    // Ends: an odd skip is coprime to the length, so the permutation passes every slot, and one is empty.
    private static void TakeNextEmpty(ref Turn turn, uint* table, uint mask)
    {
        uint position = turn.Position;
        uint skip = turn.Skip;
        while (table[position] != 0) position = (position + skip) & mask;
        table[position] = turn.Slot;
        turn.Position = (position + skip) & mask;
    }

    private static Turn[] TakeOrder(ReadOnlySpan<MaglevPod> pods, uint mask)
    {
        MaglevPod[] ordered = pods.ToArray();
        Array.Sort(ordered, Compare);
        var turns = new Turn[ordered.Length];
        int count = 0;
        foreach (MaglevPod pod in ordered)
        {
            if (pod.Weight == 0) continue;
            turns[count++] = new Turn
            {
                Position = (uint)StableHash.Combine(OffsetSeed, pod.Address, pod.Port) & mask,
                Skip = ((uint)StableHash.Combine(SkipSeed, pod.Address, pod.Port) | 1) & mask,
                Slot = pod.Slot,
                Weight = pod.Weight,
            };
        }

        return turns[..count];
    }

    private static int Compare(MaglevPod left, MaglevPod right)
    {
        int order = left.Address.CompareTo(right.Address);
        if (order == 0) order = left.Port.CompareTo(right.Port);
        return order != 0 ? order : left.Slot.CompareTo(right.Slot);
    }

    private struct Turn
    {
        public uint Position;
        public uint Skip;
        public uint Slot;
        public uint Weight;
        public ulong Credit;
    }
}
