using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Host.Border;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vppinfra;

/// <summary>
/// VPP's variadic functions in the fixed shape that the plugin uses: a format of "%s" and one pointer, or a format
/// without any directive. Everything else is refused aloud, for the arguments behind it cannot be known.
/// </summary>
internal static unsafe class FormatExports
{
    private const uint AllVectorRegistersUsed = 176;

    /// <summary>The bytes that <c>format (fmt, argument)</c> stands for.</summary>
    internal static ReadOnlySpan<byte> Expand(byte* fmt, byte* argument)
    {
        ReadOnlySpan<byte> format = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(fmt);
        if (format.SequenceEqual("%s"u8))
            return argument == null ? "(nil)"u8 : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(argument);
        if (format.SequenceEqual("%v"u8))
            return new ReadOnlySpan<byte>(argument, (int)Vec.Length(argument));
        if (!format.Contains((byte)'%'))
            return format;
        HostLog.Error($"format \"{Encoding.UTF8.GetString(format)}\" is not supported: the embedded host takes \"%s\" and one pointer only");
        return format;
    }

    internal static string ExpandText(byte* fmt, byte* argument) => Encoding.UTF8.GetString(Expand(fmt, argument));

    [UnmanagedCallersOnly(EntryPoint = "format", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* Format(byte* s, byte* fmt, byte* argument) => Vec.Append(s, Expand(fmt, argument));

    /// <summary>Calls a <c>format_function_t</c> and returns its text.</summary>
    internal static string Call(void* function, nuint a0, nuint a1 = 0, nuint a2 = 0)
    {
        nuint* slots = stackalloc nuint[] { a0, a1, a2, 0, 0, 0 };
        VaList list = Arguments(slots);
        byte* s = ((delegate* unmanaged[Cdecl]<byte*, VaList*, byte*>)function)(null, &list);
        string text = Vec.ToString(s);
        Vec.Free(s);
        return text;
    }

    /// <summary>A va_list over six words, as a caller's registers hold them.</summary>
    internal static VaList Arguments(nuint* slots) =>
        new() { gp_offset = 0, fp_offset = AllVectorRegistersUsed, overflow_arg_area = null, reg_save_area = (byte*)slots };
}
