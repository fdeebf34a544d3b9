using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Native memory that goes away all at once.</summary>
public sealed unsafe class DataPathMemory(NativeAllocator? allocator = null) : IDisposable
{
    private readonly NativeAllocator _allocator = allocator ?? new HeapAllocator();
    private readonly List<NativeBlock> _blocks = [];

    /// <summary>Zeroed memory for so many values, aligned to a cache line.</summary>
    public T* Allocate<T>(nuint count)
        where T : unmanaged
    {
        NativeBlock block = NativeBlock.TryAllocate(_allocator, count * (nuint)sizeof(T));
        _blocks.Add(block);
        return (T*)block.Start;
    }

    public void Dispose()
    {
        foreach (NativeBlock block in _blocks) block.Free(_allocator);
        _blocks.Clear();
    }
}
