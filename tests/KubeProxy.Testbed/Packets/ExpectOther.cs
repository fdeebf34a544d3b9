using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;

namespace KubeProxy.Testbed.Packets;

/// <summary>
/// <see cref="Expect"/> for what PacketDotNet does not know: SCTP, and protocols without ports, of which nothing behind the IP header
/// changes but a checksum that covers the addresses. Byte by byte, every checksum calculated anew.
/// </summary>
internal static class ExpectOther
{
    /// <summary>The frame one hop on, with one or both ends replaced. Ports count for SCTP only; port 0 keeps the packet's.</summary>
    public static byte[] Changed(byte[] frame, Link link, IPEndPoint? source, IPEndPoint? destination)
    {
        WriteLink(frame, link);
        IpView view = new(frame);
        int addressLengthBytes = view.IsIp4 ? 4 : 16;
        int first = view.IsIp4 ? 12 : 8;
        view.Ip[view.IsIp4 ? 8 : 7]--;
        source?.Address.TryWriteBytes(view.Ip[first..], out _);
        destination?.Address.TryWriteBytes(view.Ip[(first + addressLengthBytes)..], out _);
        if (view.Protocol == IpView.Sctp)
        {
            WritePort(view.L4, source);
            WritePort(view.L4[2..], destination);
        }

        if (view.IsIp4)
            Checksums.FillIp4Header(frame);
        Checksums.FillL4(frame);
        return frame;
    }

    private static void WriteLink(byte[] frame, Link link)
    {
        PhysicalAddress[] addresses = [link.To, link.From];
        for (int i = 0; i < addresses.Length; i++)
            addresses[i].GetAddressBytes().CopyTo(frame, 6 * i);
    }

    private static void WritePort(Span<byte> field, IPEndPoint? end)
    {
        if (end is { Port: not 0 })
            BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)end.Port);
    }
}
