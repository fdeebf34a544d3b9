using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Snapshots;

/// <summary>
/// One VIP as the data path sees it: its services by protocol and port in a small open-addressing table (linear
/// probing, at most half full, so a probe always ends). Immutable once published.
/// <code>
///   0          4        8      10        12          16
///   | mask     | count  | sctp | serving | main slot | { key (8) , ServiceEntry* (8) } x (mask + 1)
/// </code>
/// A node port has an entry too, with one service, under the node port.
/// A key is protocol &lt;&lt; 16 | port in wire order, plus <see cref="KeyUsed"/>. Port 0 means every port of the
/// protocol, protocol 0 with port 0 means everything.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = HeaderBytes)]
public unsafe struct VipEntry
{
    /// <summary>Bytes in front of the table.</summary>
    public const int HeaderBytes = 16;

    /// <summary>Bytes of one table slot.</summary>
    public const int SlotBytes = 16;

    /// <summary>Set in every key in use, so that the key 0 marks an empty slot.</summary>
    public const ulong KeyUsed = 1UL << 32;

    /// <summary>Number of table slots minus one; the number is a power of two.</summary>
    [FieldOffset(0)]
    public uint TableMask;

    /// <summary>Number of services.</summary>
    [FieldOffset(4)]
    public uint ServiceCount;

    /// <summary>1 when one of the services is SCTP's: otherwise the whole protocol is not served, not only a port of it.</summary>
    [FieldOffset(8)]
    public ushort HasSctp;

    /// <summary>1 when one of the services has a pod.</summary>
    [FieldOffset(10)]
    public ushort IsServing;

    /// <summary>Slot of the VIP whose services these are; other addresses of the VIP and node ports have slots of their own.</summary>
    [FieldOffset(12)]
    public uint MainSlot;

    /// <summary>
    /// True when a packet that came by a slot came from outside: not to the VIP itself but to another address of it, or to a node port.
    /// </summary>
    public static bool IsOutside(VipEntry* vip, uint vipSlot) => vip->MainSlot != vipSlot;

    /// <summary>The key of a service.</summary>
    public static ulong Key(byte protocol, ushort portWire) => KeyUsed | ((ulong)protocol << 16) | portWire;

    /// <summary>Table slot where the probe for a key starts.</summary>
    public static uint FirstSlot(ulong key) => (uint)((key * 0x9E37_79B9_7F4A_7C15UL) >> 40);

    /// <summary>Bytes of an entry with a table of <paramref name="tableLength"/> slots.</summary>
    public static nuint LengthBytes(uint tableLength) => HeaderBytes + ((nuint)tableLength * SlotBytes);

    /// <summary>
    /// The service for a packet: the exact port first, then every port of its protocol, then everything. Null when the
    /// VIP has no such service.
    /// </summary>
    public static ServiceEntry* Find(VipEntry* vip, byte protocol, ushort portWire)
    {
        ServiceEntry* service = FindKey(vip, Key(protocol, portWire));
        if (service == null) service = FindKey(vip, Key(protocol, 0));
        if (service == null) service = FindKey(vip, Key(IpProtocol.Any, 0));
        return service;
    }

    /// <summary>The service stored under exactly this key, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ServiceEntry* FindKey(VipEntry* vip, ulong key)
    {
        byte* slots = (byte*)vip + HeaderBytes;
        for (uint probe = FirstSlot(key); ; probe++)
        {
            byte* slot = slots + ((nuint)(probe & vip->TableMask) * SlotBytes);
            ulong found = *(ulong*)slot;
            if (found == key) return *(ServiceEntry**)(slot + 8);
            if (found == 0) return null;
        }
    }
}
