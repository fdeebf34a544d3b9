using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vppinfra;

/// <summary>
/// VPP's vectors: a pointer to the first element, with the header right in front of it.
/// <code>
/// block:  [ pool header, 24 bytes | capacity in bytes | ... | len u32, hdr_size u8, align u8, grow u8, pad u8 ] [ elements
///         ^ block, 64-byte aligned                          ^ data - 8                                       ^ data = block + 64
/// </code>
/// The pool header stays zero: a pool of the host has no free elements in its middle.
/// hdr_size says in units of 8 bytes how far the block starts in front of the data, so that whoever frees a vector the
/// way VPP's vec_free does hands back the block itself.
/// </summary>
internal static unsafe class Vec
{
    private const int HeaderBytes = 64;
    private const int CapacityOffset = 32;
    private const byte HeaderUnits = HeaderBytes / 8;
    private const byte Log2Align = 6;
    private const byte DefaultHeap = 0x80;

    internal static uint Length(void* v) => v == null ? 0 : ((uint*)v)[-2];

    internal static void SetLength(void* v, uint length) => ((uint*)v)[-2] = length;

    /// <summary>A zeroed vector of <paramref name="length"/> elements with room for <paramref name="capacity"/>.</summary>
    internal static T* Create<T>(uint length, uint capacity = 0)
        where T : unmanaged => (T*)Allocate(length, Math.Max(length, capacity) * (nuint)sizeof(T));

    /// <summary>A vector of pointers.</summary>
    internal static void** CreatePointers(uint length, uint capacity = 0) =>
        (void**)Allocate(length, Math.Max(length, capacity) * (nuint)sizeof(void*));

    /// <summary>One element more of a size that only the caller knows. The vector may have moved afterwards.</summary>
    internal static byte* AppendRaw(byte* v, uint elementBytes)
    {
        uint length = Length(v);
        if ((length + 1) * (nuint)elementBytes > Capacity(v))
        {
            byte* grown = CreateRaw(length, length * 2, elementBytes);
            Buffer.MemoryCopy(v, grown, Capacity(grown), length * (nuint)elementBytes);
            Free(v);
            v = grown;
        }
        SetLength(v, length + 1);
        return v;
    }

    /// <summary>Elements of a size that only the caller knows (structures with over-alignment).</summary>
    internal static byte* CreateRaw(uint length, uint capacity, uint elementBytes) =>
        Allocate(length, Math.Max(length, capacity) * (nuint)elementBytes);

    /// <summary>The vector with at least <paramref name="length"/> elements, moved if need be; new elements are zero.</summary>
    internal static T* Validate<T>(T* v, uint length)
        where T : unmanaged
    {
        uint old = Length(v);
        if (v != null && length <= old)
            return v;
        if (v == null || length * (nuint)sizeof(T) > Capacity(v))
        {
            T* grown = Create<T>(old, Math.Max(length, old * 2));
            Unsafe.CopyBlock(grown, v, old * (uint)sizeof(T));
            Free(v);
            v = grown;
        }
        SetLength(v, length);
        return v;
    }

    internal static byte* Append(byte* v, ReadOnlySpan<byte> bytes)
    {
        uint old = Length(v);
        v = Validate(v, old + (uint)bytes.Length);
        bytes.CopyTo(new Span<byte>(v + old, bytes.Length));
        return v;
    }

    internal static byte* FromString(string text) => Append(Create<byte>(0), Encoding.UTF8.GetBytes(text));

    /// <summary>As <see cref="FromString"/>, with the zero byte that C strings need behind the last element.</summary>
    internal static byte* FromStringTerminated(string text)
    {
        byte* v = FromString(text + '\0');
        SetLength(v, Length(v) - 1);
        return v;
    }

    internal static string ToString(byte* v) => v == null ? "" : Encoding.UTF8.GetString(v, (int)Length(v));

    internal static void Free(void* v)
    {
        if (v != null)
            NativeMemory.AlignedFree((byte*)v - (((byte*)v)[-4] * 8));
    }

    private static nuint Capacity(void* v) => *(nuint*)((byte*)v - HeaderBytes + CapacityOffset);

    private static byte* Allocate(uint length, nuint capacityBytes)
    {
        byte* block = (byte*)NativeMemory.AlignedAlloc(HeaderBytes + capacityBytes, HeaderBytes);
        NativeMemory.Clear(block, HeaderBytes + capacityBytes);
        *(nuint*)(block + CapacityOffset) = capacityBytes;
        byte* v = block + HeaderBytes;
        SetLength(v, length);
        v[-4] = HeaderUnits;
        v[-3] = Log2Align | DefaultHeap;
        return v;
    }

    [UnmanagedCallersOnly(EntryPoint = "vec_free_not_inline", CallConvs = [typeof(CallConvCdecl)])]
    internal static void FreeNotInline(void* v) => Free(v);

    /// <summary>As VPP's, of vectors without a header of their user's.</summary>
    [UnmanagedCallersOnly(EntryPoint = "_vec_resize_internal", CallConvs = [typeof(CallConvCdecl)])]
    internal static void* Resize(void* v, nuint length, vec_attr_t* attributes)
    {
        nuint bytes = length * attributes->elt_sz;
        if (v == null || bytes > Capacity(v))
        {
            byte* grown = Allocate((uint)length, bytes);
            if (v != null)
                Unsafe.CopyBlock(grown, v, Length(v) * attributes->elt_sz);
            Free(v);
            v = grown;
        }
        SetLength(v, (uint)length);
        return v;
    }
}
