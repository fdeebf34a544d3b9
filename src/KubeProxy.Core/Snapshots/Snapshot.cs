using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Core.Snapshots;

/// <summary>
/// What workers see of the configuration: VIP slot → <see cref="VipEntry"/>, in pages of <see cref="PageLength"/>
/// pointers. A change copies the root, one page, one VIP and one service, shares the rest, and is published by storing
/// one pointer; the replaced pieces are freed after every worker has passed a quiescent point (invariant CFG-1).
/// <code>
///   Snapshot            page (256)              VipEntry           ServiceEntry
///   | generation |      | VipEntry* | ─────────▶| key, ptr | ─────▶| header | table of pod slots |
///   | page count |  ┌──▶| null      |
///   | page*      | ─┘   | ...       |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = HeaderBytes)]
public unsafe struct Snapshot
{
    /// <summary>Bytes in front of the page pointers.</summary>
    public const int HeaderBytes = 16;

    /// <summary>Pointers in a page, as a power of two.</summary>
    public const int PageLengthLog2 = 8;

    /// <summary>Pointers in a page.</summary>
    public const int PageLength = 1 << PageLengthLog2;

    /// <summary>Grows by one with every published change.</summary>
    [FieldOffset(0)]
    public ulong Generation;

    /// <summary>Number of page pointers behind the header.</summary>
    [FieldOffset(8)]
    public uint PageCount;

    /// <summary>The page pointers behind the header; a null page has no VIP.</summary>
    public static VipEntry*** Pages(Snapshot* snapshot) => (VipEntry***)((byte*)snapshot + HeaderBytes);

    /// <summary>Bytes of a snapshot with <paramref name="pageCount"/> pages.</summary>
    public static nuint LengthBytes(uint pageCount) => HeaderBytes + (pageCount * (nuint)sizeof(void*));

    /// <summary>The VIP in a slot, or null: the slot may be stale in a packet that was on its way when the VIP went.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VipEntry* FindVip(Snapshot* snapshot, uint vipSlot)
    {
        uint page = vipSlot >> PageLengthLog2;
        if (page >= snapshot->PageCount) return null;
        VipEntry** entries = Pages(snapshot)[page];
        return entries == null ? null : entries[vipSlot & (PageLength - 1)];
    }
}
