using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

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

    /// <summary>Gives an L4 header other ports; <paramref name="change"/> is what the addresses change, below 2^19.</summary>
    public static void SetPorts(L4Header* l4, byte protocol, uint portsWire, uint change)
    {
        change = InternetChecksum.Shorten(change + InternetChecksum.Change32(l4->Ports, portsWire));
        l4->Ports = portsWire;
        Update(l4, protocol, change);
    }
}
