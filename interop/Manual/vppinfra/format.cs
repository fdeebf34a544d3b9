using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>
/// C# has no varargs: these are the fixed shapes whose arguments are pointers and words, which the x86-64 calling convention passes
/// as it passes named ones. Doubles, narrower integers than int and structs would not be. The format is always a constant of ours.
/// </summary>
public static unsafe partial class Clib
{
    /// <summary><c>u8 *format (u8 *s, const char *format, ...)</c> with one pointer, for <c>"%s"</c> or <c>"%v"</c>.</summary>
    /// <param name="s">Vector to append to, or null.</param>
    /// <param name="format">Format, zero-terminated.</param>
    /// <param name="arg">The argument.</param>
    /// <returns>The vector, which may have moved.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern byte* format(byte* s, byte* format, void* arg);

    /// <summary><c>u8 *va_format (u8 *s, const char *format, va_list *args)</c>.</summary>
    /// <param name="s">Vector to append to, or null.</param>
    /// <param name="format">Format, zero-terminated.</param>
    /// <param name="args">The arguments.</param>
    /// <returns>The vector, which may have moved.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern byte* va_format(byte* s, byte* format, VaList* args);

    /// <summary><c>uword unformat (unformat_input_t *i, const char *fmt, ...)</c> without an argument: skips the words of the format.</summary>
    /// <param name="i">Input.</param>
    /// <param name="fmt">Format, zero-terminated.</param>
    /// <returns>Not 0 when it matched.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern nuint unformat(unformat_input_t* i, byte* fmt);

    /// <summary><c>unformat (i, "%d", &amp;x)</c>: with the place of one result.</summary>
    /// <param name="i">Input.</param>
    /// <param name="fmt">Format, zero-terminated.</param>
    /// <param name="result">Where the result goes.</param>
    /// <returns>Not 0 when it matched.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern nuint unformat(unformat_input_t* i, byte* fmt, void* result);

    /// <summary><c>uword unformat_user (unformat_input_t *input, unformat_function_t *func, ...)</c> with one pointer.</summary>
    /// <param name="input">Input.</param>
    /// <param name="func">Native address of an unformat_function_t. C# cannot take the address of an imported one: call that with <see cref="VaList.Over"/> instead.</param>
    /// <param name="result">Where the result goes.</param>
    /// <returns>Not 0 when it matched.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern nuint unformat_user(unformat_input_t* input, void* func, void* result);

    /// <summary><c>uword unformat_line_input (unformat_input_t *i, va_list *va)</c>: takes the rest of the line as an input of its own.</summary>
    /// <param name="i">Input.</param>
    /// <param name="va">One argument, the <c>unformat_input_t *</c> to fill: see <see cref="VaList.Over"/>.</param>
    /// <returns>0 when the line is empty.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern nuint unformat_line_input(unformat_input_t* i, VaList* va);

    /// <summary><c>void unformat_init_string (unformat_input_t *input, const char *string, int string_len)</c>: an input over a copy of this text.</summary>
    /// <param name="input">Input to fill; freed with <see cref="unformat_free"/>.</param>
    /// <param name="text">Text.</param>
    /// <param name="text_len">Its bytes.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void unformat_init_string(unformat_input_t* input, byte* text, int text_len);

    /// <summary>Gives an input's memory back.</summary>
    /// <param name="i">Input.</param>
    public static void unformat_free(unformat_input_t* i)
    {
        // if (i->free) i->free (i);
        // vec_free (i->buffer);   vec_free (i->buffer_marks);   clib_memset (i, 0, sizeof (i[0]));
        if (i->free != null)
            i->free(i);
        if (i->buffer != null)
            vec_free_not_inline(i->buffer);
        if (i->buffer_marks != null)
            vec_free_not_inline(i->buffer_marks);
        *i = default;
    }
}
