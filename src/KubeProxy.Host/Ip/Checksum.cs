using System.Buffers.Binary;

namespace KubeProxy.Host.Ip;

/// <summary>The Internet checksum (RFC 1071).</summary>
internal static class Checksum
{
    internal static uint Sum(ReadOnlySpan<byte> bytes, uint sum = 0)
    {
        while (bytes.Length > 1)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
            sum = (sum & 0xffff) + (sum >> 16);
            bytes = bytes[2..];
        }
        if (bytes.Length == 1)
            sum += (uint)bytes[0] << 8;
        return sum;
    }

    internal static ushort Finish(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    /// <summary>Checksum over a pseudo header (RFC 768, RFC 8200 section 8.1) and the upper-layer bytes, whose own checksum field must be zero.</summary>
    internal static ushort UpperLayer(ReadOnlySpan<byte> addresses, byte protocol, ReadOnlySpan<byte> segment)
    {
        uint sum = Sum(addresses);
        sum += protocol + ((uint)segment.Length >> 16) + ((uint)segment.Length & 0xffff);
        return Finish(Sum(segment, sum));
    }

    /// <summary>True if a header that contains its own checksum adds up.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> header) => Finish(Sum(header)) == 0;
}
