using KubeProxy.Core.Services;

namespace KubeProxy.Plugin.Workers;

/// <summary>
/// What the look-up leaves in a packet that is for a VIP: the index of the VIP's DPO, which names the VIP and the realm of its
/// table. Of table 0 it is the slot alone.
/// <code>
///   31       24 23                    0
///   | realm (8) | VIP slot (24)       |
/// </code>
/// </summary>
internal static class VipMark
{
    private const int RealmShift = 24;
    private const uint SlotCount = 1u << RealmShift;
    private const uint SlotMask = SlotCount - 1;

    /// <summary>Slots that no VIP can have; that there are any is proven by the compiler.</summary>
    public const uint SpareSlots = SlotCount - Limits.Vips;

    /// <summary>The mark of a VIP.</summary>
    public static uint Of(uint vipSlot, uint realm) => (realm << RealmShift) | vipSlot;

    /// <summary>The VIP's slot in the snapshot.</summary>
    public static uint SlotOf(uint mark) => mark & SlotMask;

    /// <summary>The number of the realm; 0 for table 0.</summary>
    public static uint RealmOf(uint mark) => mark >> RealmShift;
}
