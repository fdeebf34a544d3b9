using System.Buffers.Binary;

namespace KubeProxy.Testbed.Packets;

/// <summary>Are the checksums of a frame right? Says which one is not.</summary>
public static class Checksums
{
    /// <summary>Null when every checksum is right, else what is wrong.</summary>
    public static string? Fault(byte[] frame)
    {
        IpView view = new(frame);
        if (!view.IsIp4 && !view.IsIp6)
            return null;
        if (view.IsIp4 && InternetChecksum.Sum(view.Ip[..view.HeaderLengthBytes]) != 0xffff)
            return "the IPv4 header checksum is wrong";
        if (view.Protocol == IpView.Sctp)
            return Sctp.Checksum(view.L4).AsSpan().SequenceEqual(view.L4Checksum) ? null : "the SCTP checksum is wrong";
        if (view.Protocol == (view.IsIp4 ? IpView.Icmp : IpView.Icmp6))
            return IcmpChecksums.Fault(view);
        if (view.Protocol is not (IpView.Tcp or IpView.Udp))
            return null;
        if (view.Protocol == IpView.Udp && BinaryPrimitives.ReadUInt16BigEndian(view.L4Checksum) == 0)
            return view.IsIp6 ? "the UDP checksum over IPv6 is zero" : null;
        return view.SumOfL4() == 0xffff ? null : "the TCP or UDP checksum is wrong";
    }

    /// <summary>Fills in the checksum of the transport part, if it has one: UDP and UDP-Lite send a computed zero as 0xffff (RFC 768, RFC 3828).</summary>
    public static void FillL4(byte[] frame)
    {
        IpView view = new(frame);
        if (view.Protocol == IpView.Sctp)
        {
            Sctp.Checksum(view.L4).CopyTo(view.L4Checksum);
            return;
        }

        if (!view.HasPseudoHeader)
            return;
        view.L4Checksum.Clear();
        ushort checksum = (ushort)~view.SumOfL4();
        if (checksum == 0 && view.Protocol is IpView.Udp or IpView.UdpLite)
            checksum = 0xffff;
        BinaryPrimitives.WriteUInt16BigEndian(view.L4Checksum, checksum);
    }

    public static void FillIp4Header(byte[] frame)
    {
        IpView view = new(frame);
        view.Ip.Slice(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(view.Ip[10..], (ushort)~InternetChecksum.Sum(view.Ip[..view.HeaderLengthBytes]));
    }

    /// <summary>Adds an amount, in one's complement, to the transport checksum.</summary>
    public static void Corrupt(byte[] frame, ushort amount)
    {
        IpView view = new(frame);
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(view.L4Checksum);
        BinaryPrimitives.WriteUInt16BigEndian(view.L4Checksum, InternetChecksum.Add(checksum, amount));
    }
}
