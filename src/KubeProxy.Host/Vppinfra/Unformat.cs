using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vppinfra;

/// <summary>unformat_input_t: text with a reading position, which is "end of input" once it has been read.</summary>
internal static unsafe class Unformat
{
    private static readonly nuint End = nuint.MaxValue;

    internal static void Initialize(unformat_input_t* input, string text)
    {
        *input = default;
        input->buffer = Vec.Append(null, Encoding.UTF8.GetBytes(text));
        MoveTo(input, 0);
    }

    internal static void Free(unformat_input_t* input)
    {
        Vec.Free(input->buffer);
        Vec.Free(input->buffer_marks);
        *input = default;
    }

    /// <summary>What has not been read.</summary>
    internal static string Rest(unformat_input_t* input)
    {
        nuint length = Vec.Length(input->buffer);
        return input->index >= length ? "" : Encoding.UTF8.GetString(input->buffer + input->index, (int)(length - input->index));
    }

    internal static void MoveTo(unformat_input_t* input, nuint index) => input->index = index >= Vec.Length(input->buffer) ? End : index;

    /// <summary>Where the next word begins; the reading position stays.</summary>
    internal static nuint SkipWhiteSpace(unformat_input_t* input)
    {
        nuint length = Vec.Length(input->buffer);
        nuint at = Math.Min(input->index, length);
        while (at < length && IsWhiteSpace(input->buffer[at]))
            at++;
        return at;
    }

    internal static nuint EndOfWord(unformat_input_t* input, nuint start)
    {
        nuint length = Vec.Length(input->buffer);
        while (start < length && !IsWhiteSpace(input->buffer[start]))
            start++;
        return start;
    }

    private static bool IsWhiteSpace(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    /// <summary>An input over a copy of the text.</summary>
    [UnmanagedCallersOnly(EntryPoint = "unformat_init_string", CallConvs = [typeof(CallConvCdecl)])]
    internal static void InitString(unformat_input_t* input, byte* text, int length)
    {
        *input = default;
        input->buffer = Vec.Append(null, new ReadOnlySpan<byte>(text, length));
    }

    /// <summary>Takes the rest of the line as an input of its own; <c>va_list</c> of the unformat_input_t * to fill. 0 for an empty line.</summary>
    [UnmanagedCallersOnly(EntryPoint = "unformat_line_input", CallConvs = [typeof(CallConvCdecl)])]
    internal static nuint LineInput(unformat_input_t* input, VaList* arguments)
    {
        unformat_input_t* line = (unformat_input_t*)arguments->NextPointer();
        nuint length = Vec.Length(input->buffer);
        nuint start = Math.Min(input->index, length);
        int bytes = (int)(length - start);
        ReadOnlySpan<byte> rest = new(input->buffer + start, bytes);
        int end = rest.IndexOf((byte)'\n');
        MoveTo(input, start + (nuint)(end < 0 ? bytes : end + 1));
        if (end >= 0)
            rest = rest[..end];
        if (rest.IsEmpty)
            return 0;
        *line = default;
        line->buffer = Vec.Append(null, rest);
        return 1;
    }
}
