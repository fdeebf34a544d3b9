using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Clib
{
    /// <summary>
    /// <c>clib_error_t *_clib_error_return (clib_error_t *errors, any code, uword flags, const char *where, const char *fmt, ...)</c>
    /// with one pointer: <c>_clib_error_return (0, 0, 0, where, "%s", text)</c> makes the error that a CLI command returns.
    /// </summary>
    /// <param name="errors">Error to add to, or null.</param>
    /// <param name="code">0, or an errno.</param>
    /// <param name="flags">0.</param>
    /// <param name="where">Name of the function, zero-terminated, or null; it is kept, not copied.</param>
    /// <param name="fmt">Format, zero-terminated; never text that a user typed.</param>
    /// <param name="arg">The argument.</param>
    /// <returns>The error, which VPP frees.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern clib_error_t* _clib_error_return(clib_error_t* errors, nint code, nuint flags, byte* where, byte* fmt, void* arg);

    /// <summary><c>void *clib_error_free_vector (clib_error_t *errors)</c>, what the macro <c>clib_error_free</c> calls.</summary>
    /// <param name="errors">The error, or null; the caller forgets it.</param>
    /// <returns>Null.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void* clib_error_free_vector(clib_error_t* errors);
}
