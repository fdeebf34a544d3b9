using System.Buffers.Binary;
using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;
using PacketDotNet;
using PacketDotNet.Utils;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Answers to refused packets, written by PacketDotNet, with checksums over everything by the oracle.</summary>
public static class ExpectedAnswer
{
    private const int Icmp4TypeAndCode = 0x0303;
    private const int Icmp6TypeAndCode = 0x0104;
    private const ushort DontFragment = 2;

    /// <summary>The reset for a segment.</summary>
    public static byte[] Reset(PacketSpec segment, uint sequence, uint? acknowledgment)
    {
        var tcp = new TcpPacket((ushort)segment.To.Port, (ushort)segment.From.Port)
        {
            SequenceNumber = sequence,
            AcknowledgmentNumber = acknowledgment ?? 0,
            Acknowledgment = acknowledgment != null,
            Reset = true,
            WindowSize = 0,
        };
        byte[] packet = Ip(segment, ProtocolType.Tcp, tcp.Bytes, DontFragment, identification: 0);
        PacketChecksums.Write(packet, packet.Length - tcp.Bytes.Length, IpProtocol.Tcp);
        return packet;
    }

    /// <summary>"Port unreachable" for a datagram, of which so many bytes are quoted.</summary>
    public static byte[] Unreachable(PacketSpec datagram, byte[] packet, int quotedBytes, ushort identification)
    {
        bool isIp4 = packet[0] >> 4 == 4;
        var icmp = new byte[8 + quotedBytes];
        BinaryPrimitives.WriteUInt16BigEndian(icmp, isIp4 ? (ushort)Icmp4TypeAndCode : (ushort)Icmp6TypeAndCode);
        packet.AsSpan(0, quotedBytes).CopyTo(icmp.AsSpan(8));
        byte[] answer = Ip(datagram, isIp4 ? ProtocolType.Icmp : ProtocolType.IcmpV6, icmp, fragmentFlags: 0, identification);
        if (isIp4) PacketChecksums.Write(answer, answer.Length - icmp.Length, IpProtocol.Icmp);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(answer.Length - icmp.Length + 2), IcmpChecksum(answer));
        return answer;
    }

    /// <summary>The checksum that an ICMP message should have; the one in it counts as 0.</summary>
    public static ushort IcmpChecksum(byte[] packet)
    {
        bool isIp4 = packet[0] >> 4 == 4;
        byte[] copy = [.. packet];
        int offset = isIp4 ? 20 : 40;
        copy.AsSpan(offset + 2, 2).Clear();
        int sum = 0;
        if (!isIp4)
        {
            sum = ChecksumOracle.Sum(copy.AsSpan(8, 32));
            sum = ChecksumOracle.Add(sum, IpProtocol.Icmp6);
            sum = ChecksumOracle.Add(sum, copy.Length - offset);
        }

        return ChecksumOracle.Of(ChecksumOracle.Sum(copy.AsSpan(offset), sum));
    }

    private static byte[] Ip(PacketSpec refused, ProtocolType protocol, byte[] body, ushort fragmentFlags, ushort identification)
    {
        IPAddress source = refused.To.Address;
        IPAddress destination = refused.From.Address;
        IPPacket ip = source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            ? new IPv4Packet(source, destination) { Id = identification, FragmentFlags = fragmentFlags }
            : new IPv6Packet(source, destination) { PayloadLength = (ushort)body.Length };
        ip.Protocol = protocol;
        ip.TimeToLive = 64;
        ip.PayloadDataSegment = new ByteArraySegment(body);
        ip.UpdateCalculatedValues();
        return ip.Bytes;
    }
}
