using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>The user header of a pool (vppinfra/pool.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct pool_header_t
{
    /// <summary>Bitmap of the free elements.</summary>
    public nuint* free_bitmap;

    /// <summary>Vector of the free elements' indices.</summary>
    public uint* free_indices;

    /// <summary>Size of a pool of fixed size.</summary>
    public uint max_elts;

    /// <summary>Not used by the pool.</summary>
    public uint opaque;
}

public static unsafe partial class Clib
{
    /// <summary>The user header of a pool.</summary>
    /// <param name="v">A pool or null.</param>
    /// <returns>Its header.</returns>
    public static pool_header_t* pool_header(void* v)
    {
        // return vec_header (v);
        return (pool_header_t*)vec_header(v);
    }

    /// <summary>Number of elements in use.</summary>
    /// <param name="v">A pool or null.</param>
    /// <returns>Number of elements in use.</returns>
    public static uint pool_elts(void* v)
    {
        // uword ret = vec_len (v);   if (v) ret -= vec_len (pool_header (v)->free_indices);   return ret;
        return v != null ? vec_len(v) - vec_len(pool_header(v)->free_indices) : 0;
    }

    /// <summary>Is this index not in use?</summary>
    /// <param name="p">A pool or null.</param>
    /// <param name="index">Index of an element.</param>
    /// <returns>True for an index that is free or beyond the end.</returns>
    public static bool pool_is_free_index(void* p, uint index)
    {
        // pool_header_t *ph = pool_header (p);
        // return index < vec_len (p) ? clib_bitmap_get (ph->free_bitmap, index) : 1;
        return index >= vec_len(p) || clib_bitmap_get(pool_header(p)->free_bitmap, index);
    }

    /// <summary>One bit of a bitmap; bits beyond its end are 0.</summary>
    /// <param name="ai">A bitmap (a vector of words) or null.</param>
    /// <param name="i">Number of the bit.</param>
    /// <returns>Is the bit set?</returns>
    public static bool clib_bitmap_get(nuint* ai, uint i)
    {
        // uword i0 = i / BITS (ai[0]);   uword i1 = i % BITS (ai[0]);
        // return i0 < vec_len (ai) && 0 != ((ai[i0] >> i1) & 1);
        uint word = i / 64;
        return word < vec_len(ai) && ((ai[word] >> (int)(i % 64)) & 1) != 0;
    }
}
