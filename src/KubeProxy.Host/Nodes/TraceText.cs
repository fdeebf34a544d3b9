using System.Buffers.Binary;
using KubeProxy.Host.Ip;

namespace KubeProxy.Host.Nodes;

/// <summary>How the host's nodes show the head of a packet.</summary>
internal static class TraceText
{
    private const byte Tcp = 6;
    private const byte Udp = 17;

    internal static string Ethernet(ReadOnlySpan<byte> head) =>
        head.Length < 14 ? Short(head)
        : $"{Type(BinaryPrimitives.ReadUInt16BigEndian(head[12..]))}: {MacAddress.Read(head[6..])} -> {MacAddress.Read(head)}";

    internal static string Ip(ReadOnlySpan<byte> head)
    {
        if (head.Length < 20)
            return Short(head);
        return head[0] >> 4 == 4 ? Ip4(head) : head.Length < 40 ? Short(head) : Ip6(head);
    }

    private static string Ip4(ReadOnlySpan<byte> head)
    {
        int headerBytes = (head[0] & 0xf) * 4;
        string ports = headerBytes + 4 <= head.Length ? Ports(head[9], head[headerBytes..]) : "";
        return $"{Protocol(head[9])}: {IpAddr.FromWire4(head[12..])} -> {IpAddr.FromWire4(head[16..])}\n"
            + $"    ttl {head[8]}, length {BinaryPrimitives.ReadUInt16BigEndian(head[2..])}, "
            + $"checksum 0x{BinaryPrimitives.ReadUInt16BigEndian(head[10..]):x4}{ports}";
    }

    private static string Ip6(ReadOnlySpan<byte> head)
    {
        string ports = head.Length >= 44 ? Ports(head[6], head[40..]) : "";
        return $"{Protocol(head[6])}: {IpAddr.FromWire6(head[8..])} -> {IpAddr.FromWire6(head[24..])}\n"
            + $"    hop-limit {head[7]}, payload-length {BinaryPrimitives.ReadUInt16BigEndian(head[4..])}{ports}";
    }

    private static string Ports(byte protocol, ReadOnlySpan<byte> l4) =>
        protocol is Tcp or Udp
            ? $"\n  {Protocol(protocol)}: {BinaryPrimitives.ReadUInt16BigEndian(l4)} -> {BinaryPrimitives.ReadUInt16BigEndian(l4[2..])}"
            : "";

    private static string Protocol(byte protocol) => protocol switch
    {
        1 => "ICMP",
        Tcp => "TCP",
        Udp => "UDP",
        58 => "ICMP6",
        _ => $"protocol {protocol}",
    };

    private static string Type(ushort etherType) => etherType switch
    {
        EthernetInput.TypeIp4 => "IP4",
        EthernetInput.TypeIp6 => "IP6",
        EthernetInput.TypeArp => "ARP",
        _ => $"0x{etherType:x4}",
    };

    private static string Short(ReadOnlySpan<byte> head) => $"{head.Length} bytes: {Convert.ToHexStringLower(head)}";
}
