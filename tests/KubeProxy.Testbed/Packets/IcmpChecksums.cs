using System.Buffers.Binary;

namespace KubeProxy.Testbed.Packets;

/// <summary>The checksums of an ICMP message and, of an error, those of the packet that it quotes, as far as it quotes what they cover.</summary>
public static class IcmpChecksums
{
    private const int HeaderLengthBytes = 8;

    /// <summary>Null when every checksum is right, else what is wrong.</summary>
    public static string? Fault(IpView view)
    {
        ushort sum = view.IsIp4 ? InternetChecksum.Sum(view.L4) : view.SumOfL4();
        if (sum != 0xffff)
            return "the ICMP checksum is wrong";
        return IsError(view) ? QuoteFault(view.L4[HeaderLengthBytes..], view.IsIp4) : null;
    }

    /// <summary>Fills in the checksum of the message.</summary>
    public static void Fill(byte[] frame)
    {
        IpView view = new(frame);
        view.L4.Slice(2, 2).Clear();
        ushort sum = view.IsIp4 ? InternetChecksum.Sum(view.L4) : view.SumOfL4();
        BinaryPrimitives.WriteUInt16BigEndian(view.L4[2..], (ushort)~sum);
    }

    private static bool IsError(IpView view) => view.IsIp4 ? view.L4[0] is 3 or 4 or 5 or 11 or 12 : view.L4[0] is >= 1 and <= 4;

    private static string? QuoteFault(Span<byte> quote, bool isIp4)
    {
        int header = isIp4 ? 20 : 40;
        if (quote.Length < header)
            return null;
        if (isIp4 && quote[0] == 0x45 && InternetChecksum.Sum(quote[..header]) != 0xffff)
            return "of the quoted packet: the IPv4 header checksum is wrong";
        int length = isIp4 ? BinaryPrimitives.ReadUInt16BigEndian(quote[2..]) : header + BinaryPrimitives.ReadUInt16BigEndian(quote[4..]);
        bool isWhole = quote.Length >= length && (!isIp4 || quote[0] == 0x45) && quote[isIp4 ? 9 : 6] is IpView.Tcp or IpView.Udp or IpView.Sctp;
        if (!isWhole)
            return null;
        byte[] frame = new byte[IpView.EthernetLengthBytes + length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), isIp4 ? (ushort)0x0800 : (ushort)0x86dd);
        quote[..length].CopyTo(frame.AsSpan(IpView.EthernetLengthBytes));
        return Checksums.Fault(frame) is { } fault ? $"of the quoted packet: {fault}" : null;
    }
}
