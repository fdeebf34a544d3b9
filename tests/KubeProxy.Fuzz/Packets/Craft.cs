using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;
using KubeProxy.Core.Tests.Pipeline;

namespace KubeProxy.Fuzz.Packets;

/// <summary>Packets made from packets, without the code under test.</summary>
internal static class Craft
{
    /// <summary>Makes every checksum right that can be found in what is there.</summary>
    public static void MakeSound(byte[] packet, IpFamily family)
    {
        var view = new PacketView(packet, family);
        if (view.L4 == 0) return;
        if (view.IsIp4) WriteHeaderChecksum(packet, view.L4);
        bool isSound = packet[0] >> 4 == (view.IsIp4 ? 4 : 6) && view.IsWhole && !view.IsFragment;
        int transportBytes = view.LengthBytes - view.L4;
        if (!isSound) return;
        if (view.IsIcmp && transportBytes >= 8) WriteIcmp(packet, view);
        else if (view.Checksum.Length != 0 && transportBytes >= view.Checksum.Offset + view.Checksum.Length) PacketChecksums.Write(packet, view.L4, view.Protocol);
    }

    /// <summary>What the receiver of a packet answers: its ends turned round, another payload.</summary>
    public static byte[] Answer(byte[] packet, IpFamily family, ReadOnlySpan<byte> payload, byte tcpFlags)
    {
        var view = new PacketView(packet, family);
        byte[] answer = [.. packet.AsSpan(0, view.L4 + PacketSpec.L4BytesOf(view.Protocol)), .. payload];
        view.Source.CopyTo(answer.AsSpan(view.DestinationAt));
        view.Destination.CopyTo(answer.AsSpan(view.SourceAt));
        if (view.HasPorts)
        {
            view.Bytes.Slice(view.L4, 2).CopyTo(answer.AsSpan(view.L4 + 2));
            view.Bytes.Slice(view.L4 + 2, 2).CopyTo(answer.AsSpan(view.L4));
        }

        if (view.Protocol == IpProtocol.Tcp) answer[view.L4 + 13] = tcpFlags;
        if (view.Protocol == IpProtocol.Udp) BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(view.L4 + 4), (ushort)(answer.Length - view.L4));
        if (view.IsIcmp) answer[view.L4] = view.IsIp4 ? (byte)0 : (byte)129;
        answer[view.IsIp4 ? 8 : 7] = 64;
        WriteLength(answer, view.IsIp4);
        MakeSound(answer, family);
        return answer;
    }

    /// <summary>An ICMP error about a packet, to the packet's source.</summary>
    /// <param name="quoted">The packet.</param>
    /// <param name="family">Its family.</param>
    /// <param name="words">Type, code, four bytes, how many bytes are quoted (two), and pairs of place and value to change in the quote.</param>
    /// <param name="isFromRouter">False: from the packet's destination.</param>
    public static byte[] Error(byte[] quoted, IpFamily family, ReadOnlySpan<byte> words, bool isFromRouter)
    {
        byte[] all = [.. words, .. new byte[Math.Max(0, 8 - words.Length)]];
        bool isIp4 = family == IpFamily.Ip4;
        var view = new PacketView(quoted, family);
        int quotedBytes = BinaryPrimitives.ReadUInt16LittleEndian(all.AsSpan(6));
        byte[] quote = quoted[..Math.Min(quotedBytes == 0 ? quoted.Length : quotedBytes, quoted.Length)];
        for (int i = 8; i + 1 < all.Length && quote.Length > 0; i += 2) quote[all[i] % quote.Length] = all[i + 1];
        byte[] from = isFromRouter ? Site.Client(family, 99).Address.GetAddressBytes() : view.Destination.ToArray();
        byte[] header = isIp4
            ? [0x45, 0, 0, 0, 1, 2, 0, 0, 61, IpProtocol.Icmp, 0, 0, .. from, .. view.Source]
            : [0x60, 0, 0, 0, 0, 0, IpProtocol.Icmp6, 61, .. from, .. view.Source];
        byte[] error = [.. header, all[0], all[1], 0, 0, .. all.AsSpan(2, 4), .. quote];
        WriteLength(error, isIp4);
        MakeSound(error, family);
        return error;
    }

    private static void WriteLength(byte[] packet, bool isIp4)
    {
        int at = isIp4 ? 2 : 4;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(at), (ushort)(isIp4 ? packet.Length : packet.Length - 40));
    }

    private static void WriteHeaderChecksum(byte[] packet, int headerBytes)
    {
        packet.AsSpan(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), ChecksumOracle.Of(ChecksumOracle.Sum(packet.AsSpan(0, headerBytes))));
    }

    private static void WriteIcmp(byte[] packet, PacketView view)
    {
        Span<byte> icmp = packet.AsSpan(view.L4..view.LengthBytes);
        icmp.Slice(2, 2).Clear();
        int sum = view.IsIp4 ? 0 : ChecksumOracle.Add(ChecksumOracle.Add(ChecksumOracle.Sum(packet.AsSpan(8, 32)), IpProtocol.Icmp6), icmp.Length);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], ChecksumOracle.Of(ChecksumOracle.Sum(icmp, sum)));
    }
}
