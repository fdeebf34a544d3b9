using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>The L4 checksum of a packet whose pseudo-header or ports change.</summary>
public static unsafe class L4Checksum
{
    /// <summary>Updates the TCP or UDP checksum; <paramref name="change"/> is below 2^19, see <see cref="InternetChecksum.Shorten"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Update(L4Header* l4, byte protocol, uint change)
    {
        if (protocol == IpProtocol.Tcp)
        {
            ushort* checksum = (ushort*)((byte*)l4 + L4Header.TcpChecksumOffset);
            *checksum = InternetChecksum.UpdateShort(*checksum, change);
        }
        else
        {
            l4->UdpChecksum = InternetChecksum.UpdateUdpShort(l4->UdpChecksum, change);
        }
    }

    /// <summary>
    /// <see cref="Update"/> without a branch on the protocol, which alternates where clients use both; what UDP has of its own, one checksum in thirty
    /// thousand, is looked at by itself.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UpdatePlain(L4Header* l4, byte protocol, uint change)
    {
        uint isTcp = protocol == IpProtocol.Tcp ? 1u : 0;
        ushort* checksum = (ushort*)((byte*)l4 + L4Header.UdpChecksumOffset + (isTcp * (L4Header.TcpChecksumOffset - L4Header.UdpChecksumOffset)));
        ushort before = *checksum;
        ushort after = InternetChecksum.UpdateShort(before, change);
        if ((before == 0 || after == 0) && isTcp == 0) after = before == 0 ? (ushort)0 : ushort.MaxValue;
        *checksum = after;
    }

    /// <summary><see cref="UpdatePlain"/> by an addend (<see cref="InternetChecksum.Addend"/>) of the checksum at an offset of the IPv4 packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(byte* packet, uint offset, uint addend)
    {
        ushort* checksum = (ushort*)(packet + offset);
        ushort before = *checksum;
        ushort after = InternetChecksum.Add(before, addend);
        if ((before == 0 || after == 0) && offset == PodRecord.UdpChecksumOffset4) after = before == 0 ? (ushort)0 : ushort.MaxValue;
        *checksum = after;
    }

    /// <summary>Gives an L4 header other ports; <paramref name="change"/> is what the addresses change, below 2^19.</summary>
    public static void SetPorts(L4Header* l4, byte protocol, uint portsWire, uint change)
    {
        change = InternetChecksum.Shorten(change + InternetChecksum.Change32(l4->Ports, portsWire));
        l4->Ports = portsWire;
        Update(l4, protocol, change);
    }
}
