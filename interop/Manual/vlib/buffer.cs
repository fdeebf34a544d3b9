using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

/// <summary>The vector library, as C# calls it: buffers, nodes, counters, CLI, log and threads.</summary>
public static unsafe partial class Vlib
{
    /// <summary>The first byte of the current header.</summary>
    /// <param name="b">A buffer.</param>
    /// <returns>Where the current header starts.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* vlib_buffer_get_current(vlib_buffer_t* b)
    {
        // return b->data + b->current_data;
        return (byte*)b + vlib_buffer_t.data_offset + b->current_data;
    }

    /// <summary>Where the buffer's bytes end.</summary>
    /// <param name="b">A buffer.</param>
    /// <returns>The byte after the last.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* vlib_buffer_get_tail(vlib_buffer_t* b)
    {
        // return b->data + b->current_data + b->current_length;
        return vlib_buffer_get_current(b) + b->current_length;
    }

    /// <summary>Moves the current header.</summary>
    /// <param name="b">A buffer.</param>
    /// <param name="l">Bytes; negative towards the headroom.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void vlib_buffer_advance(vlib_buffer_t* b, int l)
    {
        // b->current_data += l;   b->current_length -= l;
        b->current_data = (short)(b->current_data + l);
        b->current_length = (ushort)(b->current_length - l);
    }
}
