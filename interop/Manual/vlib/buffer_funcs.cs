using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary><c>CLIB_LOG2_CACHE_LINE_BYTES</c>: a buffer index counts cache lines.</summary>
    public const int CLIB_LOG2_CACHE_LINE_BYTES = 6;

    /// <summary>The buffer of an index.</summary>
    /// <param name="buffer_mem_start"><see cref="vlib_buffer_main_t.buffer_mem_start"/>.</param>
    /// <param name="buffer_index">Buffer index.</param>
    /// <param name="offset">Bytes to add.</param>
    /// <returns>The buffer.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static vlib_buffer_t* vlib_buffer_ptr_from_index(nuint buffer_mem_start, uint buffer_index, nuint offset)
    {
        // offset += ((uword) buffer_index) << CLIB_LOG2_CACHE_LINE_BYTES;
        // return uword_to_pointer (buffer_mem_start + offset, vlib_buffer_t *);
        offset += (nuint)buffer_index << CLIB_LOG2_CACHE_LINE_BYTES;
        return (vlib_buffer_t*)(buffer_mem_start + offset);
    }

    /// <summary>The buffer of an index.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="buffer_index">Buffer index.</param>
    /// <returns>The buffer.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static vlib_buffer_t* vlib_get_buffer(vlib_main_t* vm, uint buffer_index)
    {
        // vlib_buffer_main_t *bm = vm->buffer_main;
        // b = vlib_buffer_ptr_from_index (bm->buffer_mem_start, buffer_index, 0);
        return vlib_buffer_ptr_from_index(vm->buffer_main->buffer_mem_start, buffer_index, 0);
    }

    /// <summary>The index of a buffer.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="p">A buffer.</param>
    /// <returns>Its index.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint vlib_get_buffer_index(vlib_main_t* vm, void* p)
    {
        // uword offset = pointer_to_uword (p) - bm->buffer_mem_start;
        // return offset >> CLIB_LOG2_CACHE_LINE_BYTES;
        return (uint)(((nuint)p - vm->buffer_main->buffer_mem_start) >> CLIB_LOG2_CACHE_LINE_BYTES);
    }

    /// <summary>Length of a packet in all its buffers.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="b">The first buffer.</param>
    /// <returns>Bytes from its current data on.</returns>
    public static uint vlib_buffer_length_in_chain(vlib_main_t* vm, vlib_buffer_t* b)
    {
        // if (PREDICT_TRUE ((b->flags & VLIB_BUFFER_NEXT_PRESENT) == 0)) return len;
        // if (PREDICT_TRUE (b->flags & VLIB_BUFFER_TOTAL_LENGTH_VALID)) return len + b->total_length_not_including_first_buffer;
        // return vlib_buffer_length_in_chain_slow_path (vm, b);
        uint len = b->current_length;
        if ((b->flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) == 0) return len;
        if ((b->flags & Vpp.VLIB_BUFFER_TOTAL_LENGTH_VALID) != 0) return len + b->total_length_not_including_first_buffer;
        while ((b->flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) != 0)
        {
            b = vlib_get_buffer(vm, b->next_buffer);
            len += b->current_length;
        }

        return len;
    }
}
