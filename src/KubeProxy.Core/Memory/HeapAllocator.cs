using System.Runtime.InteropServices;

namespace KubeProxy.Core.Memory;

/// <summary>An allocator over the C heap, for tests, benchmarks and tools. It refuses more than its budget, so that tests can be out of memory.</summary>
public sealed unsafe class HeapAllocator : NativeAllocator
{
    private readonly nuint _budgetBytes;

    /// <summary>An allocator that hands out at most <paramref name="budgetBytes"/> at a time.</summary>
    public HeapAllocator(nuint budgetBytes) => _budgetBytes = budgetBytes;

    /// <summary>An allocator without a budget.</summary>
    public HeapAllocator()
        : this(nuint.MaxValue)
    {
    }

    /// <summary>Bytes handed out and not given back.</summary>
    public nuint UsedBytes { get; private set; }

    /// <summary>Blocks handed out and not given back.</summary>
    public int BlockCount { get; private set; }

    /// <inheritdoc/>
    public override void* TryAllocate(nuint lengthBytes)
    {
        if (lengthBytes > _budgetBytes - UsedBytes) return null;
        nuint alignment = lengthBytes >= 4096 ? 4096u : 64u;
        void* block = TryAlign(lengthBytes, alignment);
        if (block == null) return null;
        NativeMemory.Clear(block, lengthBytes);
        UsedBytes += lengthBytes;
        BlockCount++;
        return block;
    }

    /// <inheritdoc/>
    public override void Free(void* block, nuint lengthBytes)
    {
        NativeMemory.AlignedFree(block);
        UsedBytes -= lengthBytes;
        BlockCount--;
    }

    private static void* TryAlign(nuint lengthBytes, nuint alignment)
    {
        try
        {
            return NativeMemory.AlignedAlloc(lengthBytes, alignment);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }
}
