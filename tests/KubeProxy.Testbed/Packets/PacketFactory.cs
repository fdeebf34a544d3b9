using System.Buffers.Binary;
using System.Net.Sockets;
using PacketDotNet;

namespace KubeProxy.Testbed.Packets;

/// <summary>Crafts Ethernet frames with PacketDotNet, which shares no code with what is tested.</summary>
public static class PacketFactory
{
    private const uint Magic = 0x6b756265;

    public static byte[] Build(Flow flow, Link link, PacketOptions options)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        IPPacket ip = NewIp(flow, options);
        TransportPacket? transport = NewTransport(flow, options);
        if (transport is null)
        {
            ip.PayloadData = Sctp.Build((ushort)flow.Source.Port, (ushort)flow.Destination.Port, Payload(options));
            ip.PayloadLength = (ushort)ip.PayloadData.Length;
        }
        else
        {
            transport.PayloadData = Payload(options);
            ip.PayloadPacket = transport;
        }

        EthernetPacket ethernet = new(link.From, link.To, flow.IsIp6 ? EthernetType.IPv6 : EthernetType.IPv4) { PayloadPacket = ip };
        byte[] frame = Finish(ethernet, transport);
        if (options.ZeroUdpChecksum)
            new IpView(frame).L4Checksum.Clear();
        return frame;
    }

    /// <summary>The number given to the packet when it was built; null for a foreign packet.</summary>
    public static int? IdOf(byte[] frame)
    {
        IpView view = new(frame);
        if ((!view.IsIp4 && !view.IsIp6) || view.Payload.Length < 8)
            return null;
        return BinaryPrimitives.ReadUInt32BigEndian(view.Payload) == Magic ? BinaryPrimitives.ReadInt32BigEndian(view.Payload[4..]) : null;
    }

    /// <summary>Lengths and checksums over what was changed, and the bytes.</summary>
    internal static byte[] Finish(EthernetPacket ethernet, TransportPacket? transport)
    {
        transport?.UpdateCalculatedValues();
        ethernet.PayloadPacket.UpdateCalculatedValues();
        byte[] frame = ethernet.Bytes;
        if (new IpView(frame).IsIp4)
            Checksums.FillIp4Header(frame);
        Checksums.FillL4(frame);
        return frame;
    }

    /// <summary>Null for a protocol that PacketDotNet does not know.</summary>
    private static TransportPacket? NewTransport(Flow flow, PacketOptions options)
    {
        ushort from = (ushort)flow.Source.Port;
        ushort to = (ushort)flow.Destination.Port;
        if (flow.Transport == Transport.Sctp)
            return null;
        if (flow.Transport == Transport.Udp)
            return new UdpPacket(from, to);
        return new TcpPacket(from, to)
        {
            SequenceNumber = 0x10203040u + (uint)options.Id,
            AcknowledgmentNumber = 0x50607080,
            WindowSize = 512,
            Synchronize = options.Syn,
            Acknowledgment = options.Ack || !options.Syn,
            Finished = options.Fin,
            Reset = options.Rst,
        };
    }

    private static IPPacket NewIp(Flow flow, PacketOptions options)
    {
        PacketDotNet.ProtocolType protocol = flow.Transport switch
        {
            Transport.Tcp => PacketDotNet.ProtocolType.Tcp,
            Transport.Udp => PacketDotNet.ProtocolType.Udp,
            _ => (PacketDotNet.ProtocolType)IpView.Sctp,
        };
        IPPacket ip = flow.Source.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPv6Packet(flow.Source.Address, flow.Destination.Address)
            : new IPv4Packet(flow.Source.Address, flow.Destination.Address) { Id = (ushort)options.Id };
        ip.Protocol = protocol;
        ip.TimeToLive = options.TimeToLive;
        return ip;
    }

    private static byte[] Payload(PacketOptions options)
    {
        byte[] payload = new byte[options.PayloadLengthBytes];
        for (int i = 8; i < payload.Length; i++)
            payload[i] = (byte)((i * 7) + options.Id);
        if (payload.Length < 8)
            return payload;
        BinaryPrimitives.WriteUInt32BigEndian(payload, Magic);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(4), options.Id);
        return payload;
    }
}
