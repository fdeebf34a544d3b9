using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Pipeline;

namespace KubeProxy.Fuzz.Packets;

/// <summary>
/// A packet as a second reader sees it, written from the RFCs and without the code under test: where its parts are, if they are there.
/// </summary>
internal readonly ref struct PacketView
{
    private const int MaxExtensions = 8;

    public PacketView(ReadOnlySpan<byte> bytes, IpFamily family)
    {
        Bytes = bytes;
        IsIp4 = family == IpFamily.Ip4;
        if (bytes.Length < (IsIp4 ? 20 : 40)) return;
        if (IsIp4) (L4, Protocol, FragmentOffset, IsFragment) = Read4(bytes);
        else (L4, Protocol, FragmentOffset, IsFragment) = Read6(bytes);
        LengthBytes = PacketLength(bytes, IsIp4);
        if (L4 > bytes.Length) L4 = 0;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    public bool IsIp4 { get; }

    /// <summary>Where the transport header, or a later fragment's part, starts; 0: nowhere.</summary>
    public int L4 { get; }

    public byte Protocol { get; }

    public bool IsFragment { get; }

    public int FragmentOffset { get; }

    /// <summary>IP length as the header has it.</summary>
    public int LengthBytes { get; }

    /// <summary>Everything that the header promises is there, transport header and all.</summary>
    public bool IsWhole => L4 != 0 && LengthBytes >= L4 && LengthBytes <= Bytes.Length;

    public bool HasPorts => Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;

    public int SourceAt => IsIp4 ? 12 : 8;

    public int DestinationAt => IsIp4 ? 16 : 24;

    public int AddressBytes => IsIp4 ? 4 : 16;

    public ReadOnlySpan<byte> Source => Bytes.Slice(SourceAt, AddressBytes);

    public ReadOnlySpan<byte> Destination => Bytes.Slice(DestinationAt, AddressBytes);

    public int SourcePort => BinaryPrimitives.ReadUInt16BigEndian(Bytes[L4..]);

    public int DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(Bytes[(L4 + 2)..]);

    public bool IsIcmp => Protocol == (IsIp4 ? IpProtocol.Icmp : IpProtocol.Icmp6);

    /// <summary>Offset of the transport checksum from the transport header on, and its length; nothing when addresses have no part in one.</summary>
    public (int Offset, int Length) Checksum => Protocol switch
    {
        IpProtocol.Tcp => (16, 2),
        IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Dccp => (6, 2),
        IpProtocol.Sctp => (8, 4),
        IpProtocol.Icmp6 when !IsIp4 => (2, 2),
        _ => (0, 0),
    };

    /// <summary>Bytes from the transport header on that belong to the packet and are there.</summary>
    public ReadOnlySpan<byte> Transport => Bytes[L4..Math.Max(L4, Math.Min(LengthBytes, Bytes.Length))];

    private static int PacketLength(ReadOnlySpan<byte> bytes, bool isIp4) => isIp4
        ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])
        : 40 + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);

    private static (int L4, byte Protocol, int FragmentOffset, bool IsFragment) Read4(ReadOnlySpan<byte> bytes)
    {
        int headerBytes = (bytes[0] & 15) * 4;
        int fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        return (headerBytes < 20 ? 0 : headerBytes, bytes[9], (fragment & 0x1FFF) * 8, (fragment & 0x3FFF) != 0);
    }

    private static (int L4, byte Protocol, int FragmentOffset, bool IsFragment) Read6(ReadOnlySpan<byte> bytes)
    {
        byte next = bytes[6];
        int at = 40;
        int fragment = 0;
        bool isFragment = false;
        for (int headers = 0; next is 0 or 43 or 44 or 60; headers++)
        {
            if (headers == MaxExtensions || at + 8 > bytes.Length) return (0, next, fragment, isFragment);
            bool isFragmentHeader = next == IpProtocol.Ip6Fragment;
            if (isFragmentHeader) (fragment, isFragment) = (BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]) & 0xFFF8, true);
            next = bytes[at];
            at += isFragmentHeader ? 8 : (bytes[at + 1] + 1) * 8;
            if (isFragmentHeader && fragment != 0) break;
        }

        return (at, next, fragment, isFragment);
    }
}
