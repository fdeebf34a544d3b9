using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

/// <summary>The network stack, as C# calls it: buffers, interfaces and feature arcs.</summary>
public static unsafe partial class Vnet
{
    /// <summary>A flag that VPP leaves to plugins; it hands them out to itself from <c>AVAIL1</c> on.</summary>
    public const uint VNET_BUFFER_F_AVAIL8 = 1 << (32 - 26);

    /// <summary>The last flag that VPP leaves to plugins.</summary>
    public const uint VNET_BUFFER_F_AVAIL9 = 1 << (32 - 27);

    /// <summary>The network stack's part of a buffer's first line.</summary>
    /// <param name="b">A buffer.</param>
    /// <returns><c>(vnet_buffer_opaque_t *) b->opaque</c>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static vnet_buffer_opaque_t* vnet_buffer(vlib_buffer_t* b)
    {
        // #define vnet_buffer(b) ((vnet_buffer_opaque_t *) (b)->opaque)
        return (vnet_buffer_opaque_t*)b->opaque;
    }

    /// <summary>The network stack's part of a buffer's second line.</summary>
    /// <param name="b">A buffer.</param>
    /// <returns><c>(vnet_buffer_opaque2_t *) b->opaque2</c>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static vnet_buffer_opaque2_t* vnet_buffer2(vlib_buffer_t* b)
    {
        // #define vnet_buffer2(b) ((vnet_buffer_opaque2_t *) (b)->opaque2)
        return (vnet_buffer_opaque2_t*)b->opaque2;
    }
}
