using System.Runtime.InteropServices;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>
/// The packet buffers: one pool, 64-byte aligned, addressed as VPP does (buffer index = offset from the start in cache lines).
/// <code>
/// buffer:  [ vlib_buffer_t 128 bytes | headroom (pre_data) 128 | data 2048 ]      index 0 is never handed out
/// </code>
/// </summary>
internal static unsafe class BufferPool
{
    internal const uint DefaultCount = 16384;
    internal const uint DataBytes = 2048;
    internal const uint BufferBytes = DataOffset + DataBytes;

    private const int Log2LineBytes = 6;
    private const uint DataOffset = 256;

    private static byte* _start;
    private static uint* _free;

    internal static uint Count { get; private set; }

    internal static uint Available { get; private set; }

    internal static void Initialize(uint count)
    {
        nuint bytes = ((nuint)count + 1) * BufferBytes;
        _start = (byte*)NativeMemory.AlignedAlloc(bytes, 1 << Log2LineBytes);
        NativeMemory.Clear(_start, bytes);
        _free = (uint*)NativeMemory.Alloc(count, sizeof(uint));
        Count = count;
        for (uint i = count; i > 0; i--)
            _free[Available++] = i * (BufferBytes >> Log2LineBytes);
        vlib_buffer_main_t* main = (vlib_buffer_main_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_buffer_main_t));
        main->buffer_mem_start = (nuint)_start;
        main->buffer_mem_size = bytes;
        main->default_data_size = DataBytes;
        MainThread.Vm->buffer_main = main;
    }

    internal static vlib_buffer_t* Get(uint index) => (vlib_buffer_t*)(_start + ((nuint)index << Log2LineBytes));

    internal static byte* Data(vlib_buffer_t* buffer) => (byte*)buffer + DataOffset;

    internal static byte* Current(vlib_buffer_t* buffer) => Data(buffer) + buffer->current_data;

    internal static Span<byte> CurrentSpan(vlib_buffer_t* buffer) => new(Current(buffer), buffer->current_length);

    internal static vnet_buffer_opaque_t* Opaque(vlib_buffer_t* buffer) => (vnet_buffer_opaque_t*)buffer->opaque;

    internal static void Advance(vlib_buffer_t* buffer, int bytes)
    {
        buffer->current_data += (short)bytes;
        buffer->current_length -= (ushort)bytes;
    }

    /// <summary>False if the pool is empty. Only the first cache line is cleared, as in VPP.</summary>
    internal static bool TryAllocate(out uint index)
    {
        index = 0;
        if (Available == 0)
            return false;
        index = _free[--Available];
        vlib_buffer_t* buffer = Get(index);
        NativeMemory.Clear(buffer, 1 << Log2LineBytes);
        buffer->ref_count = 1;
        return true;
    }

    /// <summary>A packet in as many chained buffers as it needs; false if the pool has not enough.</summary>
    internal static bool TryFill(ReadOnlySpan<byte> packet, out uint first)
    {
        first = 0;
        if (Available < ((uint)packet.Length / DataBytes) + 1)
            return false;
        TryAllocate(out first);
        vlib_buffer_t* buffer = Get(first);
        vlib_buffer_t* head = buffer;
        ReadOnlySpan<byte> rest = Put(buffer, packet);
        head->total_length_not_including_first_buffer = (uint)rest.Length;
        while (rest.Length > 0)
        {
            head->flags |= Vpp.VLIB_BUFFER_TOTAL_LENGTH_VALID;
            TryAllocate(out uint next);
            buffer->next_buffer = next;
            buffer->flags |= Vpp.VLIB_BUFFER_NEXT_PRESENT;
            buffer = Get(next);
            rest = Put(buffer, rest);
        }
        return true;
    }

    /// <summary>Bytes from the current header to the end of the chain.</summary>
    internal static int TotalLength(vlib_buffer_t* buffer)
    {
        int length = buffer->current_length;
        while ((buffer->flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) != 0)
        {
            buffer = Get(buffer->next_buffer);
            length += buffer->current_length;
        }
        return length;
    }

    private static ReadOnlySpan<byte> Put(vlib_buffer_t* buffer, ReadOnlySpan<byte> bytes)
    {
        int length = Math.Min(bytes.Length, (int)DataBytes);
        bytes[..length].CopyTo(new Span<byte>(Data(buffer), length));
        buffer->current_length = (ushort)length;
        return bytes[length..];
    }

    /// <summary>Gives back a buffer and all that are chained to it.</summary>
    internal static void Free(uint index)
    {
        while (true)
        {
            vlib_buffer_t* buffer = Get(index);
            uint next = buffer->next_buffer;
            bool chained = (buffer->flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) != 0;
            if (--buffer->ref_count == 0)
                _free[Available++] = index;
            if (!chained)
                return;
            index = next;
        }
    }
}
