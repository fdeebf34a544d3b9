using System.Buffers.Binary;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>Makes packets out of plain ones that cannot be translated.</summary>
public static class OddPackets
{
    private const byte Ip6Fragment = 44;

    /// <summary>An IPv4 fragment: the offset counts 8-byte units.</summary>
    public static byte[] Fragment4(byte[] frame, int offset, bool more) => Changed4(frame, ip =>
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)(offset | (more ? 0x2000 : 0))));

    /// <summary>Two fragments, the first with so many bytes of what follows the IP header.</summary>
    public static (byte[] First, byte[] Second) Split(byte[] frame, int lengthBytes)
    {
        IpView view = new(frame);
        int headers = IpView.EthernetLengthBytes + view.HeaderLengthBytes;
        ReadOnlySpan<byte> bytes = frame;
        byte[] first = WithLength([.. bytes[..(headers + lengthBytes)]]);
        byte[] second = WithLength([.. bytes[..headers], .. bytes[(headers + lengthBytes)..]]);
        return view.IsIp4
            ? (Fragment4(first, 0, more: true), Fragment4(second, lengthBytes / 8, more: false))
            : (Fragment6(first, 0, more: true), Fragment6(second, lengthBytes / 8, more: false));
    }

    public static byte[] Fragment6(byte[] frame, int offset, bool more)
    {
        byte[] changed = WithExtension(frame, Ip6Fragment, 8);
        BinaryPrimitives.WriteUInt16BigEndian(new IpView(changed).Ip[42..], (ushort)((offset << 3) | (more ? 1 : 0)));
        return changed;
    }

    /// <summary>The same packet under another protocol number; the first bytes of what it carries are left.</summary>
    public static byte[] WithProtocol(byte[] frame, byte protocol) => new IpView(frame).IsIp4
        ? Changed4(frame, ip => ip[9] = protocol)
        : Changed(frame, ip => ip[6] = protocol);

    /// <summary>An echo request where the transport header was.</summary>
    public static byte[] Echo(byte[] frame) => OfIcmp(frame, type4: 8, type6: 128);

    /// <summary>An echo reply where the transport header was.</summary>
    public static byte[] EchoReply(byte[] frame) => OfIcmp(frame, type4: 0, type6: 129);

    private static byte[] OfIcmp(byte[] frame, byte type4, byte type6)
    {
        bool isIp4 = new IpView(frame).IsIp4;
        byte[] changed = WithProtocol(frame, isIp4 ? IpView.Icmp : IpView.Icmp6);
        Span<byte> icmp = new IpView(changed).L4;
        icmp[0] = isIp4 ? type4 : type6;
        icmp[1] = 0;
        icmp[2..4].Clear();
        ushort sum = isIp4 ? InternetChecksum.Sum(icmp) : new IpView(changed).SumOfL4();
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], (ushort)~sum);
        return changed;
    }

    /// <summary>Cut after so many bytes of the transport header; the IP header says so too.</summary>
    public static byte[] Truncated(byte[] frame, int l4LengthBytes)
    {
        IpView view = new(frame);
        int header = view.HeaderLengthBytes;
        byte[] cut = frame[..(IpView.EthernetLengthBytes + header + l4LengthBytes)];
        return view.IsIp4
            ? Changed4(cut, ip => BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(header + l4LengthBytes)))
            : Changed(cut, ip => BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)l4LengthBytes));
    }

    /// <summary>Puts an IPv6 extension header (all padding) before the transport header.</summary>
    public static byte[] WithExtension(byte[] frame, byte kind, int lengthBytes)
    {
        ReadOnlySpan<byte> bytes = frame;
        byte[] extension = new byte[lengthBytes];
        extension[0] = new IpView(frame).Protocol;
        if (kind != Ip6Fragment)
        {
            extension[1] = (byte)((lengthBytes / 8) - 1);
            extension[2] = 1;
            extension[3] = (byte)(lengthBytes - 4);
        }

        byte[] changed = [.. bytes[..54], .. extension, .. bytes[54..]];
        return Changed(changed, ip =>
        {
            ip[6] = kind;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) + lengthBytes));
        });
    }

    /// <summary>IPv4 options (no-operation bytes) between header and transport.</summary>
    public static byte[] WithOptions4(byte[] frame, int lengthBytes) => WithOptions4(frame, [.. Enumerable.Repeat((byte)1, lengthBytes)]);

    /// <summary>These IPv4 options, whole words of them.</summary>
    public static byte[] WithOptions4(byte[] frame, byte[] options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ReadOnlySpan<byte> bytes = frame;
        byte[] changed = [.. bytes[..34], .. options, .. bytes[34..]];
        return Changed4(changed, ip =>
        {
            ip[0] = (byte)(0x40 | (5 + (options.Length / 4)));
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(ip[2..]) + options.Length));
        });
    }

    /// <summary>The IP header's length becomes that of the frame.</summary>
    private static byte[] WithLength(byte[] frame)
    {
        int bytes = frame.Length - IpView.EthernetLengthBytes;
        return new IpView(frame).IsIp4
            ? Changed4(frame, ip => BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)bytes))
            : Changed(frame, ip => BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(bytes - 40)));
    }

    private static byte[] Changed(byte[] frame, ChangeHeader change)
    {
        byte[] changed = (byte[])frame.Clone();
        change(changed.AsSpan(IpView.EthernetLengthBytes));
        return changed;
    }

    private static byte[] Changed4(byte[] frame, ChangeHeader change)
    {
        byte[] changed = Changed(frame, change);
        Checksums.FillIp4Header(changed);
        return changed;
    }

    private delegate void ChangeHeader(Span<byte> ip);
}
