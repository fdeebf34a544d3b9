using KubeProxy.Core.Memory;
using Xunit;

namespace KubeProxy.Core.Tests.Memory;

public sealed unsafe class NativeMemoryTests
{
    [Theory]
    [InlineData(1u, 64u)]
    [InlineData(4095u, 64u)]
    [InlineData(4096u, 4096u)]
    [InlineData(100_000u, 4096u)]
    public void ABlockIsZeroedAndAligned(uint lengthBytes, uint alignment)
    {
        var allocator = new HeapAllocator();
        NativeBlock block = NativeBlock.TryAllocate(allocator, lengthBytes);
        Assert.False(block.IsNull);
        Assert.Equal(0u, (nuint)block.Start % alignment);
        Assert.False(new ReadOnlySpan<byte>(block.Start, (int)lengthBytes).ContainsAnyExcept((byte)0));
        block.Free(allocator);
    }

    [Fact]
    public void WhatIsFreedIsNoLongerCounted()
    {
        var allocator = new HeapAllocator();
        NativeBlock first = NativeBlock.TryAllocate(allocator, 100);
        NativeBlock second = NativeBlock.TryAllocate(allocator, 28);
        Assert.Equal((128u, 2), (allocator.UsedBytes, allocator.BlockCount));
        first.Free(allocator);
        second.Free(allocator);
        Assert.Equal((0u, 0), (allocator.UsedBytes, allocator.BlockCount));
    }

    [Fact]
    public void MoreThanTheBudgetIsRefusedUntilSomethingIsGivenBack()
    {
        var allocator = new HeapAllocator(budgetBytes: 100);
        NativeBlock block = NativeBlock.TryAllocate(allocator, 80);
        Assert.True(NativeBlock.TryAllocate(allocator, 21).IsNull);
        block.Free(allocator);
        block = NativeBlock.TryAllocate(allocator, 100);
        Assert.False(block.IsNull);
        block.Free(allocator);
    }

    [Fact]
    [Trait("Defect", "D16")]
    [Trait("Defect", "A-13")]
    public void ASizeThatNobodyHasIsRefusedWithoutAnException() =>
        Assert.True(NativeBlock.TryAllocate(new HeapAllocator(), nuint.MaxValue / 2).IsNull);

    [Fact]
    public void TheEmptyBlockMayBeFreed() => default(NativeBlock).Free(new HeapAllocator());

    [Fact]
    public void BlocksAreEqualWhenTheyAreTheSame()
    {
        var allocator = new HeapAllocator();
        NativeBlock block = NativeBlock.TryAllocate(allocator, 10);
        NativeBlock other = NativeBlock.TryAllocate(allocator, 10);
        NativeBlock same = block;
        Assert.True(block == same);
        Assert.True(block != other);
        Assert.Equal(block.GetHashCode(), same.GetHashCode());
        block.Free(allocator);
        other.Free(allocator);
    }
}
