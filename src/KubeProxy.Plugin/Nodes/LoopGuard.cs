using KubeProxy.Interop;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Cuts packets that come round to the forward nodes for ever, as they do when the route to a pod leads back to a VIP: VPP
/// would not return from the frame. Two flags that VPP leaves to plugins count the rounds; they lie in the buffer's first
/// line, which the nodes read and write anyway, and are 0 in every new buffer. The view's own <c>loop_counter</c> lies in the
/// second line.
/// </summary>
internal static class LoopGuard
{
    /// <summary>One round more, added to a buffer's flags that are not <see cref="IsOver"/>.</summary>
    public const uint Round = Vnet.VNET_BUFFER_F_AVAIL9;

    /// <summary>Bytes of a packet that may go no further, as the pipeline is told: too few to be parsed.</summary>
    public const uint NothingAvailable = 0;

    /// <summary>A packet with none of these flags has not been here before.</summary>
    public const uint Rounds = Vnet.VNET_BUFFER_F_AVAIL8 | Vnet.VNET_BUFFER_F_AVAIL9;

    /// <summary>True once the packet has left a forward node three times: through a tunnel it may do so twice.</summary>
    public static bool IsOver(uint flags) => (flags & Rounds) == Rounds;
}
