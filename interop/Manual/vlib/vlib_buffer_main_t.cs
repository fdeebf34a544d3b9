using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>Where the buffers are (vlib/buffer.h).</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public unsafe struct vlib_buffer_main_t
{
    /// <summary>Address of buffer index 0.</summary>
    [FieldOffset(0)]
    public nuint buffer_mem_start;

    /// <summary>Bytes of buffer memory.</summary>
    [FieldOffset(8)]
    public nuint buffer_mem_size;

    /// <summary>Vector of the buffer pools (opaque here).</summary>
    [FieldOffset(16)]
    public void* buffer_pools;

    /// <summary>Bytes before each buffer that belong to a driver.</summary>
    [FieldOffset(204)]
    public ushort ext_hdr_size;

    /// <summary>Bytes of packet data in a buffer.</summary>
    [FieldOffset(208)]
    public uint default_data_size;
}
