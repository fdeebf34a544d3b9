using System.Runtime.InteropServices;
using System.Text;

namespace KubeProxy.Plugin.Border;

/// <summary>Texts as C wants them: UTF-8 with a zero byte at the end.</summary>
internal static unsafe class NativeText
{
    /// <summary>A text that lives as long as the process: names in registrations.</summary>
    public static byte* Forever(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        byte* start = (byte*)NativeMemory.Alloc((nuint)length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(start, length));
        start[length] = 0;
        return start;
    }

    /// <summary>A zero-terminated array of such texts.</summary>
    public static byte** ForeverList(params ReadOnlySpan<string> texts)
    {
        byte** list = (byte**)NativeMemory.AllocZeroed((nuint)texts.Length + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < texts.Length; i++) list[i] = Forever(texts[i]);
        return list;
    }

    /// <summary>A managed array with the text and its zero byte, to be pinned for one call.</summary>
    public static byte[] Terminated(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
