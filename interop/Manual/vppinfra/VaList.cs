using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>
/// The <c>va_list</c> of the System V ABI for x86-64, as a <c>format_function_t</c> or an <c>unformat_function_t</c> receives it.
/// VPP goes on reading the same list after the callback, so it is consumed in place: one Next call for each argument of the caller.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct VaList
{
    private const uint GpEnd = 6 * 8;
    private const uint FpEnd = GpEnd + (8 * 16);

    /// <summary>Offset in <see cref="reg_save_area"/> of the next general purpose register's value.</summary>
    public uint gp_offset;

    /// <summary>Offset in <see cref="reg_save_area"/> of the next vector register's value.</summary>
    public uint fp_offset;

    /// <summary>The next argument that was passed on the stack.</summary>
    public byte* overflow_arg_area;

    /// <summary>Where the caller's argument registers were saved.</summary>
    public byte* reg_save_area;

    /// <summary>
    /// A list to call a <c>format_function_t</c> or an <c>unformat_function_t</c> with, without the varargs function in between:
    /// all its arguments are in memory, one to eight bytes, none in a saved register.
    /// </summary>
    /// <param name="arguments">The arguments: pointers, words, or 32-bit values in the low half. Borrowed while the list is used.</param>
    /// <returns>The list.</returns>
    public static VaList Over(ulong* arguments) => new() { gp_offset = GpEnd, fp_offset = FpEnd, overflow_arg_area = (byte*)arguments };

    /// <summary><c>va_arg (*va, void *)</c>.</summary>
    public void* NextPointer() => *(void**)NextGeneral();

    /// <summary><c>va_arg (*va, int)</c>; also what narrower integers are passed as.</summary>
    public int NextInt() => *(int*)NextGeneral();

    /// <summary><c>va_arg (*va, u32)</c>.</summary>
    public uint NextU32() => *(uint*)NextGeneral();

    /// <summary><c>va_arg (*va, u64)</c> or <c>uword</c>.</summary>
    public ulong NextU64() => *(ulong*)NextGeneral();

    /// <summary><c>va_arg (*va, f64)</c>.</summary>
    public double NextDouble()
    {
        byte* at;
        if (fp_offset < FpEnd)
        {
            at = reg_save_area + fp_offset;
            fp_offset += 16;
        }
        else
        {
            at = NextOverflow();
        }

        return *(double*)at;
    }

    private byte* NextGeneral()
    {
        if (gp_offset >= GpEnd)
            return NextOverflow();

        byte* at = reg_save_area + gp_offset;
        gp_offset += 8;
        return at;
    }

    private byte* NextOverflow()
    {
        byte* at = overflow_arg_area;
        overflow_arg_area += 8;
        return at;
    }
}
