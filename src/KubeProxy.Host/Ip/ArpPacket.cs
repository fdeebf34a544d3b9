using System.Buffers.Binary;

namespace KubeProxy.Host.Ip;

/// <summary>ARP for IPv4 over Ethernet (RFC 826), without the Ethernet header.</summary>
internal readonly record struct ArpPacket(ushort Operation, MacAddress SenderMac, IpAddr SenderAddress, MacAddress TargetMac, IpAddr TargetAddress)
{
    internal const int Length = 28;
    internal const ushort Request = 1;
    internal const ushort Reply = 2;

    private const ushort HardwareEthernet = 1;
    private const ushort ProtocolIp4 = 0x0800;

    internal static bool TryParse(ReadOnlySpan<byte> bytes, out ArpPacket packet)
    {
        packet = default;
        bool isIp4OverEthernet = bytes.Length >= Length
            && BinaryPrimitives.ReadUInt16BigEndian(bytes) == HardwareEthernet
            && BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) == ProtocolIp4
            && bytes[4] == MacAddress.Length
            && bytes[5] == 4;
        if (!isIp4OverEthernet)
            return false;
        packet = new ArpPacket(
            BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]),
            MacAddress.Read(bytes[8..]),
            IpAddr.FromWire4(bytes[14..]),
            MacAddress.Read(bytes[18..]),
            IpAddr.FromWire4(bytes[24..]));
        return true;
    }

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, HardwareEthernet);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], ProtocolIp4);
        bytes[4] = MacAddress.Length;
        bytes[5] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], Operation);
        SenderMac.Write(bytes[8..]);
        SenderAddress.WriteWire(bytes[14..]);
        TargetMac.Write(bytes[18..]);
        TargetAddress.WriteWire(bytes[24..]);
    }

    /// <summary>The answer of the owner of <see cref="TargetAddress"/>, whose station address is <paramref name="mac"/>.</summary>
    internal ArpPacket Answer(MacAddress mac) => new(Reply, mac, TargetAddress, SenderMac, SenderAddress);
}
