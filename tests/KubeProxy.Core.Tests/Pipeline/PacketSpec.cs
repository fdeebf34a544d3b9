using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// What a packet says; <see cref="Build"/> writes it from the IP header on, with right checksums, straight from the RFCs
/// and without the code under test.
/// </summary>
public sealed record PacketSpec(IPEndPoint From, IPEndPoint To, byte Protocol)
{
    public const byte Fin = 0x01;
    public const byte Syn = 0x02;
    public const byte Rst = 0x04;
    public const byte Ack = 0x10;

    /// <summary>Bytes behind the L4 header.</summary>
    public int PayloadBytes { get; init; } = 13;

    /// <summary>Payload bytes and identification are drawn from this.</summary>
    public int Seed { get; init; }

    public byte TcpFlags { get; init; } = Ack;

    public byte TimeToLive { get; init; } = 64;

    /// <summary>IPv4 options (a multiple of 4 bytes), or an IPv6 extension header of this type in front of L4.</summary>
    public byte[] Ip4Options { get; init; } = [];

    /// <summary>Type of an 8-byte IPv6 extension header in front of L4, or -1.</summary>
    public int ExtensionHeader { get; init; } = -1;

    /// <summary>The 16 bits with DF, MF and the fragment offset.</summary>
    public ushort Fragment { get; init; }

    /// <summary>Type of an ICMP packet; -1: what lies there.</summary>
    public int IcmpType { get; init; } = -1;

    /// <summary>UDP checksum 0.</summary>
    public bool HasNoUdpChecksum { get; init; }

    private bool IsIp4 => From.AddressFamily == AddressFamily.InterNetwork;

    private int IpBytes => IsIp4 ? 20 + Ip4Options.Length : 40 + (ExtensionHeader < 0 ? 0 : 8);

    private int L4Bytes => L4BytesOf(Protocol);

    /// <summary>Bytes of the header in front of the payload.</summary>
    public static int L4BytesOf(byte protocol) => protocol switch { IpProtocol.Tcp => 20, IpProtocol.Sctp => 12, _ => 8 };

    /// <summary>The packet's bytes.</summary>
    public byte[] Build()
    {
        var packet = new byte[IpBytes + L4Bytes + PayloadBytes];
        new Random(Seed).NextBytes(packet.AsSpan(IpBytes + L4Bytes));
        if (IsIp4) WriteIp4(packet);
        else WriteIp6(packet);
        WriteL4(packet.AsSpan(IpBytes));
        PacketChecksums.Write(packet, IpBytes, Protocol);
        if (HasNoUdpChecksum) packet.AsSpan(IpBytes + 6, 2).Clear();
        return packet;
    }

    private void WriteIp4(byte[] packet)
    {
        packet[0] = (byte)(0x40 | (IpBytes / 4));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(Seed * 7919));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), Fragment);
        packet[8] = TimeToLive;
        packet[9] = Protocol;
        From.Address.GetAddressBytes().CopyTo(packet, 12);
        To.Address.GetAddressBytes().CopyTo(packet, 16);
        Ip4Options.CopyTo(packet, 20);
    }

    private void WriteIp6(byte[] packet)
    {
        packet[0] = 0x60;
        packet[3] = (byte)Seed;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        packet[6] = ExtensionHeader < 0 ? Protocol : (byte)ExtensionHeader;
        packet[7] = TimeToLive;
        From.Address.GetAddressBytes().CopyTo(packet, 8);
        To.Address.GetAddressBytes().CopyTo(packet, 24);
        if (ExtensionHeader >= 0) packet[40] = Protocol;
    }

    private void WriteL4(Span<byte> l4)
    {
        BinaryPrimitives.WriteUInt16BigEndian(l4, (ushort)From.Port);
        BinaryPrimitives.WriteUInt16BigEndian(l4[2..], (ushort)To.Port);
        if (Protocol == IpProtocol.Sctp)
        {
            BinaryPrimitives.WriteInt32BigEndian(l4[4..], Seed * 77_777_777);
            return;
        }

        if (IcmpType >= 0) l4[0] = (byte)IcmpType;
        if (Protocol != IpProtocol.Tcp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(l4[4..], (ushort)l4.Length);
            return;
        }

        BinaryPrimitives.WriteInt32BigEndian(l4[4..], Seed + 1);
        l4[12] = 0x50;
        l4[13] = TcpFlags;
        BinaryPrimitives.WriteUInt16BigEndian(l4[14..], 0xFFFF);
    }
}
