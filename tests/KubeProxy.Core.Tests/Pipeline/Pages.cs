using System.Runtime.InteropServices;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Who may do what to memory (PROT_* of sys/mman.h).</summary>
internal enum PageAccess
{
    /// <summary>Nobody: touching it ends the process.</summary>
    None = 0,

    /// <summary>It may be read.</summary>
    Read = 1,

    /// <summary>It may be read and written.</summary>
    ReadWrite = 3,
}

/// <summary>Memory straight from the kernel, whose pages can be forbidden.</summary>
internal static unsafe partial class Pages
{
    /// <summary>Length of a page.</summary>
    public const int PageBytes = 4096;

    private const int PrivateAnonymous = 0x22;

    /// <summary>Zeroed pages for so many bytes; null when there are none.</summary>
    public static byte* TryMap(nuint lengthBytes, PageAccess access)
    {
        byte* start = Map(null, lengthBytes, access, PrivateAnonymous, -1, 0);
        return start == (byte*)-1 ? null : start;
    }

    /// <summary>Says anew what may be done to pages.</summary>
    /// <exception cref="InsufficientMemoryException">The kernel refuses.</exception>
    public static void Protect(void* start, nuint lengthBytes, PageAccess access)
    {
        if (ProtectPages(start, lengthBytes, access) != 0) throw new InsufficientMemoryException($"mprotect failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Gives pages back.</summary>
    public static void Unmap(void* start, nuint lengthBytes) => _ = UnmapPages(start, lengthBytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* Map(void* address, nuint length, PageAccess access, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ProtectPages(void* address, nuint length, PageAccess access);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnmapPages(void* address, nuint length);
}
