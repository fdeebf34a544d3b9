using KubeProxy.Core.Memory;

namespace KubeProxy.Bench.Data;

/// <summary>Native memory that goes away all at once.</summary>
internal sealed unsafe class NativeMemoryPool
{
    private readonly HeapAllocator _allocator = new();
    private readonly List<NativeBlock> _blocks = [];

    /// <summary>Zeroed memory for so many values, aligned to a cache line.</summary>
    public T* Allocate<T>(nuint count)
        where T : unmanaged
    {
        NativeBlock block = NativeBlock.TryAllocate(_allocator, count * (nuint)sizeof(T));
        if (block.IsNull)
            throw new InsufficientMemoryException($"no memory for {count} x {sizeof(T)} bytes");
        _blocks.Add(block);
        return (T*)block.Start;
    }

    public void Free()
    {
        foreach (NativeBlock block in _blocks)
            block.Free(_allocator);
        _blocks.Clear();
    }
}
