using System.Runtime.InteropServices;
using KubeProxy.Core.Memory;

namespace KubeProxy.Plugin.Border;

/// <summary>
/// The data path's memory: anonymous mappings outside VPP's heap, so that a size that cannot be had is an error and
/// not an abort. From 2 MB on the kernel is asked for huge pages, and pages are committed before they are used: the
/// first packet of a region would otherwise wait for the kernel to clear 2 MB, and a size that the machine does not
/// have would be found out by the packets instead of the command.
/// </summary>
internal sealed unsafe class MmapAllocator : NativeAllocator
{
    private const nuint PageBytes = 4096;
    private const nuint HugePageBytes = 2 << 20;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int MapNoReserve = 0x4000;
    private const int AdviseHugePage = 14;
    private const int AdvisePopulateWrite = 23;

    /// <summary>Small blocks come from the C heap: a snapshot's pieces are a few hundred bytes.</summary>
    public const nuint SmallBytes = 64 << 10;

    /// <summary>Bytes handed out and not given back.</summary>
    public nuint UsedBytes { get; private set; }

    /// <inheritdoc/>
    public override void* TryAllocate(nuint lengthBytes)
    {
        void* block = lengthBytes <= SmallBytes ? AllocateSmall(lengthBytes) : AllocateLarge(lengthBytes);
        if (block != null) UsedBytes += lengthBytes;
        return block;
    }

    /// <summary>
    /// Address space for far more elements than are used: small pages, committed as they are touched. Null when there
    /// is none.
    /// </summary>
    public void* TryReserve(nuint lengthBytes)
    {
        void* block = Map(lengthBytes, MapPrivateAnonymous | MapNoReserve);
        if (block != null) UsedBytes += lengthBytes;
        return block;
    }

    /// <inheritdoc/>
    public override void Free(void* block, nuint lengthBytes)
    {
        UsedBytes -= lengthBytes;
        if (lengthBytes <= SmallBytes) NativeMemory.AlignedFree(block);
        else _ = Libc.munmap(block, RoundUp(lengthBytes));
    }

    private static void* AllocateSmall(nuint lengthBytes)
    {
        void* block = Libc.aligned_alloc(64, (lengthBytes + 63) & ~(nuint)63);
        if (block != null) NativeMemory.Clear(block, lengthBytes);
        return block;
    }

    private static void* AllocateLarge(nuint lengthBytes)
    {
        if (lengthBytes >= HugePageBytes && lengthBytes > AvailableBytes()) return null;
        void* block = lengthBytes >= HugePageBytes ? MapAligned(lengthBytes) : Map(lengthBytes, MapPrivateAnonymous);
        if (block == null) return null;
        if (lengthBytes >= HugePageBytes) _ = Libc.madvise(block, RoundUp(lengthBytes), AdviseHugePage);
        if (Libc.madvise(block, RoundUp(lengthBytes), AdvisePopulateWrite) == 0) return block;

        // Before Linux 5.14 there is no such advice: touching does the same.
        for (nuint i = 0; i < lengthBytes; i += PageBytes) Volatile.Write(ref ((byte*)block)[i], 0);
        return block;
    }

    /// <summary>What the kernel says can be had without swapping; everything when it does not say.</summary>
    private static nuint AvailableBytes()
    {
        foreach (string line in File.ReadLines("/proc/meminfo"))
        {
            if (!line.StartsWith("MemAvailable:", StringComparison.Ordinal)) continue;
            string number = line["MemAvailable:".Length..].Trim().Split(' ')[0];
            return nuint.TryParse(number, out nuint kilobytes) ? kilobytes * 1024 : nuint.MaxValue;
        }

        return nuint.MaxValue;
    }

    private static void* Map(nuint lengthBytes, int flags)
    {
        nuint length = RoundUp(lengthBytes);
        void* block = Libc.mmap(null, length, ProtReadWrite, flags, -1, 0);
        return block == (void*)-1 ? null : block;
    }

    /// <summary>A mapping that starts at a huge page, so that the kernel can back all of it with huge pages.</summary>
    private static void* MapAligned(nuint lengthBytes)
    {
        nuint length = RoundUp(lengthBytes);
        byte* mapped = (byte*)Map(length + HugePageBytes, MapPrivateAnonymous);
        if (mapped == null) return null;
        byte* start = (byte*)(((nuint)mapped + HugePageBytes - 1) & ~(HugePageBytes - 1));
        nuint before = (nuint)(start - mapped);
        if (before != 0) _ = Libc.munmap(mapped, before);
        if (before != HugePageBytes) _ = Libc.munmap(start + length, HugePageBytes - before);
        return start;
    }

    private static nuint RoundUp(nuint lengthBytes) => (lengthBytes + PageBytes - 1) & ~(PageBytes - 1);
}
