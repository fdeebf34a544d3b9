using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Clib
{
    /// <summary><c>void vec_free_not_inline (void *v)</c>: gives a vector's memory back.</summary>
    /// <param name="v">A vector or null; the caller forgets it.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vec_free_not_inline(void* v);
}
