namespace KubeProxy.Core.Tests.Net;

/// <summary>CRC32c as RFC 9260 appendix A words it, bit by bit over all bytes. Slow and plain.</summary>
public static class Crc32cOracle
{
    /// <summary>The checksum of a message.</summary>
    public static uint Of(ReadOnlySpan<byte> message)
    {
        uint crc = uint.MaxValue;
        foreach (byte next in message)
        {
            crc ^= next;
            for (int bit = 0; bit < 8; bit++) crc = crc % 2 == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
        }

        return ~crc;
    }
}
