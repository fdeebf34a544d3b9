using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>The answers to packets that reached a pod, from the IP header on, and the order in which they are sent.</summary>
internal static class ReturnPackets
{
    private const int ShuffleSeed = 1;

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

    /// <summary>A random order, the same in every run.</summary>
    public static byte[][] Shuffled(IEnumerable<byte[]> packets)
    {
        byte[][] shuffled = [.. packets];
        new Random(ShuffleSeed).Shuffle(shuffled);
        return shuffled;
    }

    private static void Swap(byte[] packet, int offset, int lengthBytes)
    {
        byte[] first = packet[offset..(offset + lengthBytes)];
        packet.AsSpan(offset + lengthBytes, lengthBytes).CopyTo(packet.AsSpan(offset));
        first.CopyTo(packet, offset + lengthBytes);
    }
}
