using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>How a vector is laid out (vppinfra/vec.h), for the functions that make it larger.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct vec_attr_t
{
    /// <summary>Heap; null is the thread's own.</summary>
    public void* heap;

    /// <summary>Bytes of an element.</summary>
    public uint elt_sz;

    /// <summary>Bytes of the user's header.</summary>
    public ushort hdr_sz;

    /// <summary>Alignment in bytes; 0 is the least.</summary>
    public ushort align;
}
