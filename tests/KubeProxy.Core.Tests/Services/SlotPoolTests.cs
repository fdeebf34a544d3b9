using CsCheck;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public class SlotPoolTests
{
    [Fact]
    public void NumbersStartAtTheFirstAndEndBelowTheLimit()
    {
        var pool = new SlotPool(1, 4);
        Assert.Equal([1u, 2u, 3u], Take(pool, 3));
        Assert.False(pool.TryTake(out _));
        Assert.Equal(0u, pool.AvailableCount);
        Assert.Equal(4u, pool.HighWater);
    }

    [Fact]
    public void AReleasedNumberComesBackOnlyAfterItHasSettled()
    {
        var pool = new SlotPool(0, 2);
        Take(pool, 2);
        pool.Release(1);
        Assert.False(pool.TryTake(out _));
        pool.Settle();
        Assert.True(pool.TryTake(out uint slot));
        Assert.Equal(1u, slot);
    }

    [Fact]
    public void ThoseFreeLongestComeFirst()
    {
        var pool = new SlotPool(0, 8);
        Take(pool, 3);
        pool.ReleaseSettled(2);
        pool.ReleaseSettled(0);
        Assert.Equal([2u, 0u, 3u], Take(pool, 3));
    }

    [Fact]
    public void WhatIsPutBackComesAgainInTheSameOrder() =>
        Gen.Select(Gen.UInt[0, 8].HashSet[0, 8], Gen.Int[1, 8]).Sample((released, count) =>
        {
            var pool = new SlotPool(0, 16);
            Take(pool, 9);
            foreach (uint slot in released) pool.ReleaseSettled(slot);
            uint available = pool.AvailableCount;
            count = Math.Min(count, (int)available);
            uint[] first = Take(pool, count);
            foreach (uint slot in first.Reverse()) pool.PutBack(slot);
            Assert.Equal(available, pool.AvailableCount);
            Assert.Equal(first, Take(pool, count));
        });

    private static uint[] Take(SlotPool pool, int count)
    {
        uint[] slots = new uint[count];
        for (int i = 0; i < count; i++) Assert.True(pool.TryTake(out slots[i]));
        return slots;
    }
}
