using System.Numerics;
using System.Runtime.CompilerServices;

namespace KubeProxy.Core.Net;

/// <summary>
/// Internet checksum arithmetic (RFC 1071, RFC 1624). A sum is a plain integer of 16- or 32-bit words as they lie in
/// memory; one's complement addition does not care for the byte order, and 2^16 ≡ 1 (mod 2^16 - 1) lets 32-bit words
/// be added whole. 2^30 words fit before a 64-bit sum could overflow; a packet has far fewer.
/// </summary>
public static unsafe class InternetChecksum
{
    /// <summary>Folds a sum to 16 bits with end-around carry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Fold(ulong sum)
    {
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + ((sum >> 16) & 0xFFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)sum;
    }

    /// <summary>
    /// RFC 1624 equation 3: HC' = ~(~HC + ~m + m'). <paramref name="change"/> is the sum of ~m + m' over all changed
    /// words, see <see cref="Change32"/>. A checksum that was wrong stays wrong by the same amount.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Update(ushort checksum, ulong change) => (ushort)~Fold((ushort)~checksum + change);

    /// <summary>
    /// <see cref="Update"/> for UDP (RFC 768): 0 means "no checksum" and stays, a sum of 0 is sent as all ones.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort UpdateUdp(ushort checksum, ulong change)
    {
        if (checksum == 0) return 0;
        ushort updated = Update(checksum, change);
        return updated == 0 ? (ushort)0xFFFF : updated;
    }

    /// <summary>
    /// A sum brought below 2^18 without changing its value modulo 2^16 - 1, nor making 0 of a sum that is not 0: what
    /// two checksums of one packet share. The sum is below 2^40: a packet changes less than 256 words.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Shorten(ulong sum)
    {
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        return (uint)((sum & 0xFFFF) + (sum >> 16));
    }

    /// <summary>
    /// <see cref="Update"/> with a change below 2^19. Adding a 32-bit sum to itself turned by 16 bits leaves the folded sum
    /// in the upper half, its own carry included; subtracting from the complement gives the complement of that.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort UpdateShort(ushort checksum, uint change)
    {
        uint sum = (ushort)~checksum + change;
        return (ushort)((~sum - BitOperations.RotateRight(sum, 16)) >> 16);
    }

    /// <summary>
    /// What <see cref="Add"/> takes for a change that is the same for many packets: 2^16 less the folded change. The same result as <see cref="Update"/>, in
    /// fewer steps.
    /// </summary>
    public static uint Addend(ulong change) => 0x1_0000u - Fold(change);

    /// <summary>The addend of the change that undoes that of <paramref name="addend"/>, which is not 1: that changes nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Inverse(uint addend) => 0x1_0001u - addend;

    /// <summary>A checksum updated by an addend: the sum, one less where it does not reach 2^16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Add(ushort checksum, uint addend)
    {
        uint sum = checksum + addend;
        return (ushort)(sum + (sum >> 16) - 1);
    }

    /// <summary><see cref="UpdateUdp"/> with a change below 2^19.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort UpdateUdpShort(ushort checksum, uint change)
    {
        if (checksum == 0) return 0;
        ushort updated = UpdateShort(checksum, change);
        return updated == 0 ? (ushort)0xFFFF : updated;
    }

    /// <summary>What replacing one 32-bit word adds to a sum; also right for 16-bit words when both are below 2^16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Change32(uint from, uint to) => (ulong)~from + to;

    /// <summary>What replacing one 16-bit word adds to a sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Change16(ushort from, ushort to) => (ulong)(ushort)~from + to;

    /// <summary>Sum of bytes as 16-bit words in memory order; an odd last byte is padded with zero (RFC 1071).</summary>
    public static ulong Sum(byte* start, uint lengthBytes)
    {
        ulong sum = 0;
        uint offset = 0;
        for (; offset + 2 <= lengthBytes; offset += 2) sum += *(ushort*)(start + offset);
        if (offset < lengthBytes) sum += start[offset];
        return sum;
    }
}
