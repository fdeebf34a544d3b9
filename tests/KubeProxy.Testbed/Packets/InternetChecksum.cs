using System.Buffers.Binary;

namespace KubeProxy.Testbed.Packets;

/// <summary>RFC 1071 over plain bytes: the slow and obvious form, which owes nothing to the code under test.</summary>
public static class InternetChecksum
{
    /// <summary>The folded one's complement sum (not inverted) of 16-bit big-endian words; an odd last byte counts as the high half.</summary>
    public static ushort Sum(ReadOnlySpan<byte> bytes, ushort start = 0)
    {
        ulong sum = start;
        for (; bytes.Length >= 2; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes.Length == 1)
            sum += (uint)bytes[0] << 8;
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)sum;
    }

    public static ushort Add(ushort left, ushort right)
    {
        int sum = left + right;
        return (ushort)((sum & 0xffff) + (sum >> 16));
    }

    /// <summary>One's complement difference in the form where zero is 0, never 0xffff.</summary>
    public static ushort Difference(ushort left, ushort right)
    {
        ushort difference = Add(left, (ushort)~right);
        return difference == 0xffff ? (ushort)0 : difference;
    }
}
