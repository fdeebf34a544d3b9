using KubeProxy.Core.Memory;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>Native memory of one router under test; what is left is freed with it.</summary>
public sealed unsafe class TrackingAllocator : NativeAllocator, IDisposable
{
    private readonly HeapAllocator _heap = new();
    private readonly Dictionary<nint, nuint> _blocks = [];

    /// <inheritdoc/>
    public override void* TryAllocate(nuint lengthBytes)
    {
        void* block = _heap.TryAllocate(lengthBytes);
        if (block != null) _blocks.Add((nint)block, lengthBytes);
        return block;
    }

    /// <inheritdoc/>
    public override void Free(void* block, nuint lengthBytes)
    {
        if (!_blocks.Remove((nint)block)) throw new InvalidOperationException("a block is freed that is not there");
        _heap.Free(block, lengthBytes);
    }

    public void Dispose()
    {
        foreach ((nint block, nuint lengthBytes) in _blocks) _heap.Free((void*)block, lengthBytes);
        _blocks.Clear();
    }
}
