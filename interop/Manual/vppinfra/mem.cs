using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Clib
{
    /// <summary><c>void *clib_mem_alloc_aligned (uword size, uword align)</c>: memory of VPP's main heap; VPP aborts when there is none.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="align">Alignment, a power of two.</param>
    /// <returns>The memory, not cleared.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void* clib_mem_alloc_aligned(nuint size, nuint align);

    /// <summary><c>void *clib_mem_alloc_aligned_or_null (uword size, uword align)</c>: memory of VPP's main heap, or null.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="align">Alignment, a power of two.</param>
    /// <returns>The memory, not cleared, or null.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void* clib_mem_alloc_aligned_or_null(nuint size, nuint align);

    /// <summary><c>void clib_mem_free (void *p)</c>.</summary>
    /// <param name="p">Memory from the main heap.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void clib_mem_free(void* p);
}
