using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>The answers to packets that reached a pod, from the IP header on.</summary>
internal static class ReturnPackets
{
    /// <summary>Source and destination change places; no checksum changes by that.</summary>
    public static byte[] AnswerTo(byte[] frame)
    {
        byte[] answer = frame[IpView.EthernetLengthBytes..];
        IpView from = new(frame);
        int addressBytes = from.IsIp4 ? 4 : 16;
        int addresses = from.IsIp4 ? 12 : 8;
        Swap(answer, addresses, addressBytes);
        Swap(answer, from.HeaderLengthBytes, 2);
        return answer;
    }

    private static void Swap(byte[] packet, int offset, int lengthBytes)
    {
        byte[] first = packet[offset..(offset + lengthBytes)];
        packet.AsSpan(offset + lengthBytes, lengthBytes).CopyTo(packet.AsSpan(offset));
        first.CopyTo(packet, offset + lengthBytes);
    }
}
