using KubeProxy.Core.Memory;

namespace KubeProxy.Plugin.Border;

/// <summary>
/// Memory of which most may never be used: address space that the kernel gives pages as they are touched. A table's sessions lie
/// here, because there can be many tables with few sessions each.
/// </summary>
internal sealed unsafe class ReservedMemory(MmapAllocator allocator) : NativeAllocator
{
    /// <inheritdoc/>
    public override void* TryAllocate(nuint lengthBytes) =>
        lengthBytes <= MmapAllocator.SmallBytes ? allocator.TryAllocate(lengthBytes) : allocator.TryReserve(lengthBytes);

    /// <inheritdoc/>
    public override void Free(void* block, nuint lengthBytes) => allocator.Free(block, lengthBytes);
}
