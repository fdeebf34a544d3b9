namespace KubeProxy.Core.Memory;

/// <summary>
/// Where every native block of the data path comes from. The host decides (anonymous mappings, huge pages); Core only
/// asks. A size that a user typed can fail: the answer is then null, never an exception and never an abort.
/// </summary>
public abstract unsafe class NativeAllocator
{
    /// <summary>Zeroed memory, aligned to 64 bytes (to a page from one page on), or null when it cannot be had.</summary>
    public abstract void* TryAllocate(nuint lengthBytes);

    /// <summary>Gives back a block of <see cref="TryAllocate"/>; the length must be the one that was asked for.</summary>
    public abstract void Free(void* block, nuint lengthBytes);
}
