using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace KubeProxy.Interop.Tests;

/// <summary>The C# va_list is the one of the C compiler.</summary>
public unsafe partial class VaListTests
{
    [Fact]
    public void AListOverMemoryIsReadByCAsWritten()
    {
        byte[] text = new byte[64];
        int length;
        ulong* arguments = stackalloc ulong[4];
        fixed (byte* word = "abc\0"u8, format = "%s %d %.2f %lu\0"u8, buffer = text)
        {
            arguments[0] = (ulong)word;
            arguments[1] = unchecked((uint)-7);
            arguments[2] = BitConverter.DoubleToUInt64Bits(1.25);
            arguments[3] = ulong.MaxValue;
            VaList list = VaList.Over(arguments);
            length = vsnprintf(buffer, (nuint)text.Length, format, &list);
        }

        Assert.Equal("abc -7 1.25 18446744073709551615", Encoding.ASCII.GetString(text, 0, length));
    }

    [Fact]
    public void CGoesOnWhereCSharpStopped()
    {
        byte[] text = new byte[64];
        int length;
        ulong* arguments = stackalloc ulong[3] { 11, 22, 33 };
        fixed (byte* format = "%d %d\0"u8, buffer = text)
        {
            VaList list = VaList.Over(arguments);
            Assert.Equal(11, list.NextInt());
            length = vsnprintf(buffer, (nuint)text.Length, format, &list);
        }

        Assert.Equal("22 33", Encoding.ASCII.GetString(text, 0, length));
    }

    [Fact]
    public void RegistersAreReadBeforeTheStack()
    {
        ulong* saved = stackalloc ulong[6 + 16];
        ulong* stack = stackalloc ulong[3];
        for (int i = 0; i < 6; i++)
            saved[i] = 100 + (ulong)i;
        for (int i = 0; i < 8; i++)
            saved[6 + (2 * i)] = BitConverter.DoubleToUInt64Bits(i + 0.5);
        stack[0] = 200;
        stack[1] = BitConverter.DoubleToUInt64Bits(8.5);
        stack[2] = 201;

        // The first two general registers hold named arguments, as in f (a, b, ...).
        VaList list = new() { gp_offset = 16, fp_offset = 48, overflow_arg_area = (byte*)stack, reg_save_area = (byte*)saved };

        Assert.Equal([102u, 103, 104, 105], new[] { list.NextU32(), (uint)list.NextInt(), (uint)list.NextU64(), (uint)list.NextPointer() });
        Assert.Equal(200u, list.NextU32());
        for (int i = 0; i < 8; i++)
            Assert.Equal(i + 0.5, list.NextDouble());
        Assert.Equal(8.5, list.NextDouble());
        Assert.Equal(201u, list.NextU64());
    }

    [DllImport("libc", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int vsnprintf(byte* buffer, nuint size, byte* format, VaList* list);
}
