using System.Buffers.Binary;
using System.Net;

namespace KubeProxy.Testbed.Packets;

/// <summary>Where things are in an untagged Ethernet frame with an IP packet in it. Extension headers are not walked: the stories know what they sent.</summary>
public readonly ref struct IpView
{
    public const int EthernetLengthBytes = 14;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Icmp = 1;
    public const byte Icmp6 = 58;
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

    /// <summary>The two bytes of the TCP or UDP checksum.</summary>
    public Span<byte> L4Checksum => L4.Slice(Protocol == Tcp ? 16 : 6, 2);

    public Span<byte> Payload => L4[(Protocol == Tcp ? (L4[12] >> 4) * 4 : 8)..];

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
        Protocol == Tcp ? Transport.Tcp : Transport.Udp, new IPEndPoint(Source, SourcePort), new IPEndPoint(Destination, DestinationPort));
}
