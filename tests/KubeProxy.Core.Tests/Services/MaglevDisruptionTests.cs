using System.Runtime.InteropServices;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>
/// How many slots of other pods change hands when one of N pods is removed, over each of the pods, against what tables of that size and kind are known to
/// do: few, and fewer the longer the table is. These are the flows without a session that a change moves for nothing.
/// </summary>
public sealed unsafe class MaglevDisruptionTests
{
    [Theory]
    [Trait("Rel", "REL-06")]
    [InlineData(10, 1024, 2.8, 8.6)]
    [InlineData(100, 4096, 3.0, 8.6)]
    [InlineData(100, 65536, 0.6, 2.0)]
    public void RemovingAnyOneOfThePodsMovesFewSlotsOfTheOthers(int podCount, int length, double mostMeanPercent, double mostPercent)
    {
        MaglevPod[] pods = [.. Enumerable.Range(1, podCount).Select(i => new MaglevPod(0x0A00_0000 + (UInt128)i, 3307, (uint)i, 1))];
        uint[] before = Fill(pods, length);
        double[] percents = [.. pods.Select(removed =>
        {
            uint[] after = Fill(pods.Where(pod => pod.Slot != removed.Slot), length);
            int others = before.Count(slot => slot != removed.Slot);
            return 100.0 * before.Zip(after).Count(slot => slot.First != removed.Slot && slot.First != slot.Second) / others;
        })];
        Figure.Is("REL-06", FormattableString.Invariant($"{podCount} pods, {length} slots: mean {percents.Average():F2} %, most {percents.Max():F2} %"));
        Assert.InRange(percents.Average(), 0, mostMeanPercent);
        Assert.InRange(percents.Max(), 0, mostPercent);
    }

    [Fact]
    [Trait("Rel", "REL-07")]
    public void SharesOfEqualPodsDifferByOneSlotAtMost()
    {
        int most = 0;
        foreach (int podCount in (int[])[1, 2, 3, 7, 10, 100, 400, 999])
        {
            foreach (int length in (int[])[1024, 4096, 65536])
            {
                uint[] table = Fill(Enumerable.Range(1, podCount).Select(i => new MaglevPod(0x0A00_0000 + (UInt128)i, 3307, (uint)i, 1)), length);
                int[] shares = [.. table.CountBy(slot => slot).Select(share => share.Value)];
                Assert.Equal(podCount, shares.Length);
                most = Math.Max(most, shares.Max() - shares.Min());
            }
        }

        Figure.Is("REL-07", $"{most} slot between the largest and the smallest share, 24 tables");
        Assert.InRange(most, 0, 1);
    }

    private static uint[] Fill(IEnumerable<MaglevPod> pods, int length)
    {
        var table = (uint*)NativeMemory.AlignedAlloc((nuint)length * sizeof(uint), 64);
        Maglev.Fill(pods.ToArray(), table, (uint)length);
        uint[] copy = new ReadOnlySpan<uint>(table, length).ToArray();
        NativeMemory.AlignedFree(table);
        return copy;
    }
}
