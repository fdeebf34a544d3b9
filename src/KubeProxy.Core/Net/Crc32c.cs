namespace KubeProxy.Core.Net;

/// <summary>
/// CRC32c (RFC 9260 appendix A) of a message that differs from another one in its first four bytes only. The CRC is a
/// remainder of polynomials over GF(2), in which addition is exclusive or:
/// <code>
///   crc(a) ^ crc(b) = (a ^ b) mod P             start value and final complement cancel out
///                   = d · x^(8·length) mod P    d: the four bytes that differ, all others are equal
/// </code>
/// As the algorithm reads bytes lowest bit first, bit 31 of a number is the coefficient of x^0 and bit 0 that of x^31. The power of x
/// is the product of those powers x^(8·2^k) whose bit k the length has, so the work grows with the number of its bits.
/// </summary>
public static class Crc32c
{
    /// <summary>P without its highest term: x^28 + x^27 + x^26 + x^25 + x^23 + x^22 + x^20 + x^19 + x^18 + x^14 + x^13 + x^11 + x^10 + x^9 + x^8 + x^6 + 1.</summary>
    private const uint Polynomial = 0x82F6_3B78;

    private const int TopBit = 31;

    /// <summary>An IP packet's length has so many bits.</summary>
    private const int LengthBits = 16;

    /// <summary>What the checksums of two messages differ in.</summary>
    /// <param name="difference">The messages' first four bytes, one xor the other, as they lie in memory.</param>
    /// <param name="lengthBytes">Length of the messages: 4 to 65,535.</param>
    public static uint OfDifference(uint difference, uint lengthBytes)
    {
        for (int k = 0; k < LengthBits; k++)
            if (((lengthBytes >> k) & 1) != 0) difference = Multiply(ZeroBytes(k), difference);
        return difference;
    }

    /// <summary>x^(8·2^k) mod P: multiplying by it is reading 2^k zero bytes. Each number is the one above it, squared.</summary>
    private static uint ZeroBytes(int k) => k switch
    {
        0 => 0x0080_0000,
        1 => 0x0000_8000,
        2 => 0x82F6_3B78,
        3 => 0x6EA2_D55C,
        4 => 0x18B8_EA18,
        5 => 0x510A_C59A,
        6 => 0xB82B_E955,
        7 => 0xB8FD_B1E7,
        8 => 0x88E5_6F72,
        9 => 0x74C3_60A4,
        10 => 0xE417_2B16,
        11 => 0x0D65_762A,
        12 => 0x35D7_3A62,
        13 => 0x2846_1564,
        14 => 0xBF45_5269,
        _ => 0xE2EA_32DC,
    };

    /// <summary>The product modulo P: the multiplicand times x, x^2, ..., added where the multiplier has that term.</summary>
    private static uint Multiply(uint multiplier, uint multiplicand)
    {
        uint product = 0;
        for (; multiplier != 0; multiplier <<= 1)
        {
            product ^= multiplicand & (0 - (multiplier >> TopBit));
            multiplicand = (multiplicand >> 1) ^ (Polynomial & (0 - (multiplicand & 1)));
        }

        return product;
    }
}
