using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Clib
{
    /// <summary><c>void vec_free_not_inline (void *v)</c>: gives a vector's memory back.</summary>
    /// <param name="v">A vector or null; the caller forgets it.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vec_free_not_inline(void* v);

    /// <summary><c>void *_vec_resize_internal (void *v, uword n_elts, const vec_attr_t *const attr)</c>.</summary>
    /// <param name="v">A vector or null.</param>
    /// <param name="n_elts">Number of elements that it shall have.</param>
    /// <param name="attr">Its layout.</param>
    /// <returns>The vector, which may have moved.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void* _vec_resize_internal(void* v, nuint n_elts, vec_attr_t* attr);

    /// <summary>As the macro vec_add1: makes a vector one element longer.</summary>
    /// <param name="v">A vector or null; the caller goes on with what is returned.</param>
    /// <param name="element">The new element.</param>
    /// <returns>The vector, which may have moved.</returns>
    public static T* vec_add1<T>(T* v, T element)
        where T : unmanaged
    {
        uint length = vec_len(v);
        vec_attr_t attr = new() { elt_sz = (uint)sizeof(T) };
        T* grown = (T*)_vec_resize_internal(v, length + 1, &attr);
        grown[length] = element;
        return grown;
    }
}
