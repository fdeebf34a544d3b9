using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

/// <summary>vppinfra, as C# calls it: vectors, pools, time, format and errors.</summary>
public static unsafe partial class Clib
{
    /// <summary>The header in front of a vector's elements.</summary>
    /// <param name="v">A vector, not null.</param>
    /// <returns>Its header.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static vec_header_t* _vec_find(void* v)
    {
        // #define _vec_find(v) ((vec_header_t *) (v) - 1)
        return (vec_header_t*)v - 1;
    }

    /// <summary>Number of elements of a vector; a null vector has none.</summary>
    /// <param name="v">A vector or null.</param>
    /// <returns>Number of elements.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint vec_len(void* v)
    {
        // #define _vec_len(v) __vec_len ((void *) (v))     __vec_len: return _vec_find (v)->len;
        // #define vec_len(v)  ((v) ? _vec_len(v) : 0)
        return v != null ? _vec_find(v)->len : 0;
    }

    /// <summary>The bytes of a vector of <c>u8</c>.</summary>
    /// <param name="v">A vector or null.</param>
    /// <returns>Its elements, where they are.</returns>
    public static ReadOnlySpan<byte> vec_bytes(byte* v) => new(v, (int)vec_len(v));

    /// <summary>Where a vector's user header starts.</summary>
    /// <param name="v">A vector or null.</param>
    /// <returns>The header, null for a null vector.</returns>
    public static void* vec_header(void* v)
    {
        // return v ? v - vec_get_header_size (v) : 0;      vec_get_header_size: _vec_find (v)->hdr_size * VEC_MIN_ALIGN
        return v != null ? (byte*)v - (_vec_find(v)->hdr_size * Vpp.VEC_MIN_ALIGN) : null;
    }
}
