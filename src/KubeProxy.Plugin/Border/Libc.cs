using System.Runtime.InteropServices;

namespace KubeProxy.Plugin.Border;

/// <summary>The C library's functions that the plugin calls.</summary>
internal static unsafe partial class Libc
{
    [DllImport("libc", ExactSpelling = true)]
    internal static extern void* mmap(void* address, nuint length, int protection, int flags, int file, long offset);

    [DllImport("libc", ExactSpelling = true)]
    internal static extern int munmap(void* address, nuint length);

    [DllImport("libc", ExactSpelling = true)]
    internal static extern int madvise(void* address, nuint length, int advice);

    [DllImport("libc", ExactSpelling = true)]
    internal static extern int mincore(void* address, nuint length, byte* pages);

    [DllImport("libc", ExactSpelling = true)]
    internal static extern void* aligned_alloc(nuint alignment, nuint length);

    [DllImport("libc", ExactSpelling = true)]
    internal static extern nint getrandom(void* buffer, nuint length, uint flags);
}
