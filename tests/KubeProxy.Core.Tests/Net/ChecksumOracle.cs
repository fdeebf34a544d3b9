namespace KubeProxy.Core.Tests.Net;

/// <summary>The Internet checksum as RFC 1071 words it: big-endian 16-bit words, summed, folded, complemented. Slow and plain.</summary>
public static class ChecksumOracle
{
    /// <summary>One's complement sum of bytes, an odd last byte padded with zero.</summary>
    public static int Sum(ReadOnlySpan<byte> bytes, int start = 0)
    {
        int sum = start;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
            if (sum > 0xFFFF) sum = (sum & 0xFFFF) + 1;
        }

        return sum;
    }

    /// <summary>One's complement addition of two 16-bit numbers.</summary>
    public static int Add(int left, int right) => left + right > 0xFFFF ? left + right - 0xFFFF : left + right;

    /// <summary>The checksum of a sum.</summary>
    public static ushort Of(int sum) => (ushort)(0xFFFF - sum);
}
