using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Plugin.Nodes;

namespace KubeProxy.Plugin.Workers;

/// <summary>The packet that <c>show kube-proxy why</c> makes: headers without payload, as a client sends them.</summary>
internal static unsafe class ProbePacket
{
    /// <summary>Bytes of the longest one: TCP over IPv6.</summary>
    public const int MaxBytes = 60;

    private const byte TimeToLive = 64;
    private const byte TcpHeaderWords = 5 << 4;
    private const int Ip6SourceOffset = 8;
    private const int Ip6DestinationOffset = 24;
    private const int Ip4SourceOffset = 12;
    private const int Ip4DestinationOffset = 16;

    /// <summary>
    /// Writes the packet and answers its length. TCP carries a SYN when it is the flow's first packet, an ACK otherwise.
    /// The L4 checksum is 0xFFFF, 0 for SCTP: values that are never checked here and translate like any other.
    /// </summary>
    public static uint Write(ProbeRequest request, byte* packet, bool isFirst)
    {
        int l4Bytes = L4BytesOf(request.Protocol);
        var bytes = new Span<byte>(packet, MaxBytes);
        bytes.Clear();
        int headerBytes = request.Client.AddressFamily == AddressFamily.InterNetwork
            ? WriteIp4(bytes, request, l4Bytes)
            : WriteIp6(bytes, request, l4Bytes);
        Span<byte> l4 = bytes[headerBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(l4, (ushort)request.Client.Port);
        BinaryPrimitives.WriteUInt16BigEndian(l4[2..], (ushort)request.Destination.Port);
        if (request.Protocol == IpProtocol.Tcp) WriteTcp(l4, isFirst);
        if (request.Protocol == IpProtocol.Udp) WriteUdp(l4);
        return (uint)(headerBytes + l4Bytes);
    }

    private static int L4BytesOf(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => (int)L4Header.TcpBytes,
        IpProtocol.Sctp => (int)SctpHeader.SizeBytes,
        _ => L4Header.UdpBytes,
    };

    private static void WriteTcp(Span<byte> l4, bool isFirst)
    {
        l4[L4Header.TcpDataOffset] = TcpHeaderWords;
        l4[L4Header.TcpFlagsOffset] = isFirst ? L4Header.TcpSyn : L4Header.TcpAck;
        BinaryPrimitives.WriteUInt16BigEndian(l4[L4Header.TcpChecksumOffset..], ushort.MaxValue);
    }

    private static void WriteUdp(Span<byte> l4)
    {
        BinaryPrimitives.WriteUInt16BigEndian(l4[4..], L4Header.UdpBytes);
        BinaryPrimitives.WriteUInt16BigEndian(l4[L4Header.UdpChecksumOffset..], ushort.MaxValue);
    }

    /// <summary>True for an IPv4 packet.</summary>
    public static bool IsIp4(byte* packet) => packet[0] >> 4 == 4;

    /// <summary>Destination address and port of a packet that <see cref="Write"/> has made.</summary>
    public static IPEndPoint DestinationOf(byte* packet) =>
        EndPoint(packet, IsIp4(packet) ? Ip4DestinationOffset : Ip6DestinationOffset, L4Of(packet)->DestinationPortWire);

    /// <summary>Source address and port of a packet that <see cref="Write"/> has made.</summary>
    public static IPEndPoint SourceOf(byte* packet) =>
        EndPoint(packet, IsIp4(packet) ? Ip4SourceOffset : Ip6SourceOffset, L4Of(packet)->SourcePortWire);

    private static L4Header* L4Of(byte* packet) => (L4Header*)(packet + (IsIp4(packet) ? Ip4Header.MinimumBytes : Ip6Header.SizeBytes));

    private static IPEndPoint EndPoint(byte* packet, int offset, ushort portWire) =>
        FlowEnds.EndPoint(new IPAddress(new ReadOnlySpan<byte>(packet + offset, IsIp4(packet) ? 4 : 16)), portWire);

    private static int WriteIp4(Span<byte> bytes, ProbeRequest request, int l4Bytes)
    {
        bytes[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)(Ip4Header.MinimumBytes + l4Bytes));
        bytes[8] = TimeToLive;
        bytes[9] = request.Protocol;
        request.Client.Address.TryWriteBytes(bytes[Ip4SourceOffset..], out _);
        request.Destination.Address.TryWriteBytes(bytes[Ip4DestinationOffset..], out _);
        fixed (byte* header = bytes) ((Ip4Header*)header)->Checksum = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(header, Ip4Header.MinimumBytes));
        return Ip4Header.MinimumBytes;
    }

    private static int WriteIp6(Span<byte> bytes, ProbeRequest request, int l4Bytes)
    {
        bytes[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)l4Bytes);
        bytes[6] = request.Protocol;
        bytes[7] = TimeToLive;
        request.Client.Address.TryWriteBytes(bytes[Ip6SourceOffset..], out _);
        request.Destination.Address.TryWriteBytes(bytes[Ip6DestinationOffset..], out _);
        return Ip6Header.SizeBytes;
    }
}
