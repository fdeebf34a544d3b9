using System.Buffers.Binary;
using System.Net;

namespace KubeProxy.Testbed.Packets;

/// <summary>Where things are in an untagged Ethernet frame with an IP packet in it. Extension headers are not walked: the stories know what they sent.</summary>
public readonly ref struct IpView
{
    public const int EthernetLengthBytes = 14;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Sctp = 132;
    public const byte Icmp = 1;
    public const byte Icmp6 = 58;
    public const byte Dccp = 33;
    public const byte UdpLite = 136;
    private readonly Span<byte> _frame;

    public IpView(Span<byte> frame) => _frame = frame;

    public ushort EtherType => BinaryPrimitives.ReadUInt16BigEndian(_frame[12..]);

    public bool IsIp4 => _frame.Length >= 34 && EtherType == 0x0800;

    public bool IsIp6 => _frame.Length >= 54 && EtherType == 0x86dd;

    public Span<byte> Ip => _frame[EthernetLengthBytes..];

    public int HeaderLengthBytes => IsIp4 ? (Ip[0] & 15) * 4 : 40;

    /// <summary>The transport part, without what Ethernet padded.</summary>
    public Span<byte> L4 => IsIp4
        ? Ip[HeaderLengthBytes..BinaryPrimitives.ReadUInt16BigEndian(Ip[2..])]
        : Ip.Slice(40, BinaryPrimitives.ReadUInt16BigEndian(Ip[4..]));

    public byte Protocol => IsIp4 ? Ip[9] : Ip[6];

    public IPAddress Source => new(IsIp4 ? Ip.Slice(12, 4) : Ip.Slice(8, 16));

    public IPAddress Destination => new(IsIp4 ? Ip.Slice(16, 4) : Ip.Slice(24, 16));

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(L4);

    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(L4[2..]);

    /// <summary>True for the protocols whose checksum covers the addresses.</summary>
    public bool HasPseudoHeader => Protocol is Tcp or Udp or Dccp or UdpLite || (Protocol == Icmp6 && IsIp6);

    /// <summary>The bytes of the transport checksum: four of SCTP, two of the others.</summary>
    public Span<byte> L4Checksum => Protocol switch
    {
        Tcp => L4.Slice(16, 2),
        Sctp => L4.Slice(8, 4),
        Icmp or Icmp6 => L4.Slice(2, 2),
        _ => L4.Slice(6, 2),
    };

    /// <summary>What follows the transport header; of SCTP, the data of its one chunk.</summary>
    public Span<byte> Payload => Protocol switch
    {
        Tcp => L4[((L4[12] >> 4) * 4)..],
        Sctp => L4[Math.Min(Packets.Sctp.DataOffset, L4.Length)..],
        _ => L4[Math.Min(8, L4.Length)..],
    };

    /// <summary>The one's complement sum of pseudo header and transport part; 0xffff when the checksum in it is right.</summary>
    public ushort SumOfL4()
    {
        Span<byte> pseudo = stackalloc byte[4];
        pseudo[1] = Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(pseudo[2..], (ushort)L4.Length);
        ushort sum = InternetChecksum.Sum(pseudo);
        sum = InternetChecksum.Sum(IsIp4 ? Ip.Slice(12, 8) : Ip.Slice(8, 32), sum);
        return InternetChecksum.Sum(L4, sum);
    }

    public Flow Flow => new(
        Protocol switch { Tcp => Transport.Tcp, Sctp => Transport.Sctp, _ => Transport.Udp }, new IPEndPoint(Source, SourcePort), new IPEndPoint(Destination, DestinationPort));
}
