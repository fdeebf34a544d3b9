using System.Buffers.Binary;
using System.Net;

namespace KubeProxy.Oracle;

/// <summary>Numbers, sums and remainders of bytes in wire order, computed the long way.</summary>
public static class Wire
{
    private const uint Crc32cReversed = 0x82F63B78;

    public static int Word(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(offset));

    public static void SetWord(byte[] bytes, int offset, int value) => BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(offset), (ushort)value);

    public static IPAddress Address(byte[] bytes, int offset, bool ip6) => new(bytes.AsSpan(offset, ip6 ? 16 : 4));

    public static void SetAddress(byte[] bytes, int offset, IPAddress address) => address.GetAddressBytes().CopyTo(bytes, offset);

    /// <summary>Sum of the 16-bit words (RFC 1071), reduced modulo 65535, so that one's complement's two zeros are one.</summary>
    public static int Sum(ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        for (int i = 0; i < bytes.Length; i++) sum += (i & 1) == 0 ? bytes[i] << 8 : bytes[i];
        return (int)(sum % 65535);
    }

    /// <summary>Sum of a pseudo header's addresses. Protocol and length are part of it too, but no translation changes them.</summary>
    public static int Sum(IPAddress one, IPAddress other) => (Sum(one.GetAddressBytes()) + Sum(other.GetAddressBytes())) % 65535;

    /// <summary>The checksum that makes all words of a message, whose others have the sum <paramref name="rest"/>, sum up to <paramref name="total"/>.</summary>
    public static int ChecksumFor(int total, int rest) => (total - rest + 65535) % 65535;

    /// <summary>CRC32c (RFC 9260, appendix A), bit by bit; as it stands in a packet it is in little-endian order.</summary>
    public static uint Crc32c(ReadOnlySpan<byte> bytes)
    {
        uint rest = uint.MaxValue;
        foreach (byte value in bytes)
        {
            rest ^= value;
            for (int bit = 0; bit < 8; bit++) rest = (rest & 1) != 0 ? (rest >> 1) ^ Crc32cReversed : rest >> 1;
        }

        return ~rest;
    }
}
