using System.Buffers.Binary;
using System.Net;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>The naive translator: puts in address and port, computes every checksum anew. The oracle of the pipeline.</summary>
public static class Translation
{
    /// <summary>A client's packet as the pod must get it; port 0 keeps the packet's.</summary>
    public static byte[] ToPod(byte[] packet, IPEndPoint pod) => Replace(packet, pod, isSource: false);

    /// <summary>A pod's answer as the client must get it.</summary>
    public static byte[] FromVip(byte[] packet, IPEndPoint vip) => Replace(packet, vip, isSource: true);

    /// <summary>Source address and port of a packet without options.</summary>
    public static IPEndPoint SourceOf(byte[] packet)
    {
        bool isIp4 = packet[0] >> 4 == 4;
        var address = new IPAddress(isIp4 ? packet.AsSpan(12, 4) : packet.AsSpan(8, 16));
        return new IPEndPoint(address, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(isIp4 ? 20 : 40)));
    }

    private static byte[] Replace(byte[] packet, IPEndPoint with, bool isSource)
    {
        byte[] changed = [.. packet];
        bool isIp4 = packet[0] >> 4 == 4;
        int l4Offset = isIp4 ? (packet[0] & 15) * 4 : 40;
        byte protocol = isIp4 ? packet[9] : packet[6];
        int addressOffset = (isIp4, isSource) switch { (true, true) => 12, (true, false) => 16, (false, true) => 8, _ => 24 };
        with.Address.GetAddressBytes().CopyTo(changed, addressOffset);
        if (with.Port != 0)
            BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(l4Offset + (isSource ? 0 : 2)), (ushort)with.Port);

        PacketChecksums.Write(changed, l4Offset, protocol);
        bool hadNoChecksum = protocol == IpProtocol.Udp && packet.AsSpan(l4Offset + 6, 2).IndexOfAnyExcept((byte)0) < 0;
        if (hadNoChecksum) changed.AsSpan(l4Offset + 6, 2).Clear();
        return changed;
    }
}
