using System.Net;
using KubeProxy.Oracle;

namespace KubeProxy.Properties.Tests.Generators;

/// <summary>Packets that are right from end to end, written from the RFCs.</summary>
public static class PacketMaker
{
    private static readonly int[] Protocols = [6, 6, 6, 6, 17, 17, 17, 132, 47, 50, 33, 136, 1, 58, 200, 59];
    private static readonly byte[] TcpFlags = [0x02, 0x02, 0x10, 0x10, 0x10, 0x18, 0x11, 0x01, 0x04, 0x14, 0x12, 0x00, 0x06, 0x03];
    private static readonly byte[] HopCounts = [64, 64, 64, 64, 64, 64, 255, 2, 1];

    public static int AnyProtocol(Random random, bool ip6)
    {
        int protocol = Protocols[random.Next(Protocols.Length)];
        return protocol is 1 or 58 ? Echo(ip6) : protocol;
    }

    /// <summary>A packet between two ends; ports are left out where the protocol has none.</summary>
    public static byte[] Make(Random random, Ends ends, int protocol)
    {
        bool ip6 = ends.Source.IsIp6();
        byte[] l4 = Message(random, ends, protocol, ip6);
        byte[] front = Front(random, protocol, ip6, out int first);
        byte[] ip = ip6 ? Ip6(random, ends, first, front.Length + l4.Length) : Ip4(random, ends, protocol, front.Length, l4.Length);
        byte[] packet = [.. ip, .. front, .. l4];
        Finish(packet, ip.Length + front.Length, protocol, ends);
        if (protocol == IpProtocol.Udp && random.Next(12) == 0) Wire.SetWord(packet, ip.Length + front.Length + 6, 0);
        return packet;
    }

    /// <summary>An ICMP error that quotes the beginning of a packet.</summary>
    public static byte[] Error(Random random, IPAddress source, IPAddress destination, byte[] quoted)
    {
        bool ip6 = source.IsIp6();
        int type = ip6 ? random.Next(1, 5) : new[] { 3, 3, 4, 11, 12 }[random.Next(5)];
        if (random.Next(20) == 0) type = random.Next(256);
        int least = ip6 ? 40 : 20;
        int length = random.Next(4) == 0 ? Math.Min(quoted.Length, random.Next(least + 30)) : quoted.Length;
        (byte words, byte[] original) = random.Next(6) == 0 ? Extended(random, quoted[..length], ip6 ? 8 : 4) : ((byte)0, quoted[..length]);
        byte[] message = [(byte)type, (byte)random.Next(6), 0, 0, ip6 ? words : (byte)0, ip6 ? (byte)0 : words, 5, (byte)random.Next(256), .. original];
        var ends = new Ends(source, 0, destination, 0);
        byte[] ip = ip6 ? Ip6(random, ends, IpProtocol.Icmp6, message.Length) : Ip4(random, ends, IpProtocol.Icmp, 0, message.Length);
        byte[] packet = [.. ip, .. message];
        Finish(packet, ip.Length, ip6 ? IpProtocol.Icmp6 : IpProtocol.Icmp, ends);
        return packet;
    }

    /// <summary>Writes the IPv4 header's checksum anew, where there is a header.</summary>
    public static void FixHeader(byte[] packet)
    {
        if (packet.Length < 20 || packet[0] >> 4 != 4) return;
        int header = (packet[0] & 15) * 4;
        if (header < 20 || header > packet.Length) return;
        Wire.SetWord(packet, 10, 0);
        Wire.SetWord(packet, 10, Wire.ChecksumFor(0, Wire.Sum(packet.AsSpan(0, header))));
    }

    /// <summary>A quote with something behind it and its length in words (RFC 4884, section 4), which one in three does not give as it is.</summary>
    private static (byte Words, byte[] Original) Extended(Random random, byte[] quoted, int wordBytes)
    {
        if (random.Next(3) == 0) return ((byte)random.Next(40), quoted);
        int words = ((Math.Max(quoted.Length, random.Next(8) == 0 ? 0 : 128) + wordBytes - 1) / wordBytes) + (random.Next(3) == 0 ? random.Next(3) : 0);
        byte[] extension = new byte[random.Next(1, 60)];
        random.NextBytes(extension);
        return ((byte)Math.Min(words, 255), [.. quoted, .. new byte[(words * wordBytes) - quoted.Length], .. extension]);
    }

    private static int Echo(bool ip6) => ip6 ? IpProtocol.Icmp6 : IpProtocol.Icmp;

    private static byte[] Message(Random random, Ends ends, int protocol, bool ip6)
    {
        int data = random.Next(40) == 0 ? random.Next(1180, 1400) : random.Next(5) * random.Next(40);
        byte[] bytes = new byte[Math.Max(8, IpProtocol.HeaderBytes(protocol, ip6)) + data];
        random.NextBytes(bytes);
        if (protocol == Echo(ip6)) bytes[0] = (byte)(random.Next(4) == 0 ? (ip6 ? 129 : 0) : ip6 ? 128 : 8);
        if (!IpProtocol.HasPorts(protocol)) return bytes;
        Wire.SetWord(bytes, 0, ends.SourcePort);
        Wire.SetWord(bytes, 2, ends.DestinationPort);
        if (protocol == IpProtocol.Udp) Wire.SetWord(bytes, 4, bytes.Length);
        if (protocol != IpProtocol.Tcp) return bytes;
        bytes[12] = 0x50;
        bytes[13] = TcpFlags[random.Next(TcpFlags.Length)];
        return bytes;
    }

    /// <summary>IPv4 options, or IPv6 headers in front.</summary>
    private static byte[] Front(Random random, int protocol, bool ip6, out int first)
    {
        first = protocol;
        if (random.Next(15) != 0) return [];
        if (!ip6) return [.. Enumerable.Repeat((byte)1, random.Next(1, 11) * 4)];
        byte[] chain = [];
        int next = protocol;
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            int kind = new[] { 0, 60, 60, 43, 51, 44 }[random.Next(6)];
            int segments = random.Next(5) == 0 ? 1 : 0;
            chain = [(byte)next, 0, 1, (byte)segments, 0, 0, 0, 0, .. chain];
            next = kind;
        }

        first = next;
        return chain;
    }

    private static byte[] Ip4(Random random, Ends ends, int protocol, int optionBytes, int messageBytes)
    {
        byte[] ip = new byte[20];
        ip[0] = (byte)(0x45 + (optionBytes / 4));
        ip[1] = (byte)random.Next(256);
        Wire.SetWord(ip, 2, 20 + optionBytes + messageBytes);
        Wire.SetWord(ip, 4, random.Next(65536));
        Wire.SetWord(ip, 6, random.Next(30) == 0 ? random.Next(2, 0x4000) : random.Next(2) * 0x4000);
        ip[8] = HopCounts[random.Next(HopCounts.Length)];
        ip[9] = (byte)protocol;
        Wire.SetAddress(ip, 12, ends.Source);
        Wire.SetAddress(ip, 16, ends.Destination);
        return ip;
    }

    private static byte[] Ip6(Random random, Ends ends, int first, int payloadBytes)
    {
        byte[] ip = new byte[40];
        random.NextBytes(ip.AsSpan(0, 4));
        ip[0] = (byte)(0x60 | (ip[0] & 15));
        Wire.SetWord(ip, 4, payloadBytes);
        ip[6] = (byte)first;
        ip[7] = HopCounts[random.Next(HopCounts.Length)];
        Wire.SetAddress(ip, 8, ends.Source);
        Wire.SetAddress(ip, 24, ends.Destination);
        return ip;
    }

    private static void Finish(byte[] packet, int l4, int protocol, Ends ends)
    {
        bool ip6 = ends.Source.IsIp6();
        FixHeader(packet);
        if (protocol == IpProtocol.Sctp) BitConverter.TryWriteBytes(packet.AsSpan(l4 + 8), 0);
        if (protocol == IpProtocol.Sctp) BitConverter.TryWriteBytes(packet.AsSpan(l4 + 8), Wire.Crc32c(packet.AsSpan(l4)));
        int offset = protocol == IpProtocol.Icmp && !ip6 ? 2 : IpProtocol.ChecksumOffset(protocol, ip6);
        if (offset < 0) return;
        Wire.SetWord(packet, l4 + offset, 0);
        int length = packet.Length - l4;
        bool pseudo = protocol != IpProtocol.Icmp || ip6;
        int sum = Wire.Sum(packet.AsSpan(l4)) + (pseudo ? Wire.Sum(ends.Source, ends.Destination) + length + protocol : 0);
        int checksum = Wire.ChecksumFor(0, sum % 65535);
        Wire.SetWord(packet, l4 + offset, checksum == 0 && protocol is IpProtocol.Udp or IpProtocol.UdpLite ? 0xFFFF : checksum);
    }
}
