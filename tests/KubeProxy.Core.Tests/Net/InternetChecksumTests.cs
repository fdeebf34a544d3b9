using System.Numerics;
using CsCheck;
using KubeProxy.Core.Net;
using Xunit;

namespace KubeProxy.Core.Tests.Net;

/// <summary>Arithmetic of checksums: the incremental way against the plain way.</summary>
public sealed unsafe class InternetChecksumTests
{
    [Fact]
    public void FoldIsTheRestModulo65535AndZeroOnlyForZero()
    {
        Gen.ULong.Sample(CheckFold, iter: 100_000);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0xFFFFUL)]
    [InlineData(0x1_0000UL)]
    [InlineData(0x1_FFFFUL)]
    [InlineData(0xFFFF_FFFFUL)]
    [InlineData(0x1_FFFF_FFFEUL)]
    [InlineData(0x1_FFFF_FFFFUL)]
    [InlineData(0xFFFF_0000_FFFF_FFFFUL)]
    [InlineData(0xFFFF_FFFF_0000_0001UL)]
    [InlineData(ulong.MaxValue - 1)]
    [InlineData(ulong.MaxValue)]
    public void FoldCarriesRightNearItsOverflows(ulong sum) => CheckFold(sum);

    [Fact]
    public void ASumOfBytesIsThePlainSum()
    {
        Gen.Byte.Array[0, 1500].Sample(
            bytes =>
            {
                fixed (byte* start = bytes)
                {
                    byte nothing = 0;
                    ushort folded = InternetChecksum.Fold(InternetChecksum.Sum(start == null ? &nothing : start, (uint)bytes.Length));
                    Assert.Equal(ChecksumOracle.Sum(bytes), Be16.FromWire(folded).Host);
                }
            },
            iter: 2000);
    }

    [Fact]
    public void AShortenedSumIsTheSameSumAndZeroOnlyForZero()
    {
        Gen.OneOf(Gen.ULong[0, (1UL << 40) - 1], Gen.ULong[0, 0x2_0000], Gen.ULong[(1UL << 40) - 1000, (1UL << 40) - 1]).Sample(
            sum =>
            {
                uint shortened = InternetChecksum.Shorten(sum);
                return shortened < 1 << 18 && shortened % 0xFFFF == sum % 0xFFFF && (shortened == 0) == (sum == 0);
            },
            iter: 100_000);
    }

    [Fact]
    public void AShortUpdateIsTheUpdateForEveryChecksum()
    {
        uint[] changes = [0, 1, 0xFFFE, 0xFFFF, 0x1_0000, 0x1_FFFE, 0x1_FFFF, 0x3_FFFF, 0x5_5555, 0x7_0000, 0x7_FFFE, 0x7_FFFF];
        foreach (uint change in changes)
        {
            for (int checksum = 0; checksum <= 0xFFFF; checksum++)
            {
                var it = (ushort)checksum;
                bool isEqual = InternetChecksum.UpdateShort(it, change) == InternetChecksum.Update(it, change)
                    && InternetChecksum.UpdateUdpShort(it, change) == InternetChecksum.UpdateUdp(it, change);
                if (!isEqual) Assert.Fail($"checksum {checksum:X4}, change {change:X}");
            }
        }
    }

    [Fact]
    [Trait("Rel", "REL-12")]
    public void AnIncrementalUpdateEqualsAFullRecompute()
    {
        // Some bytes, one of them never zero (C-4), and new contents for a few of their words.
        var changes = Gen.Select(Gen.Int[0, 9], Gen.UInt).Array[1, 6];
        Gen.Select(Gen.Byte.Array[41, 60], changes).Sample(
            (bytes, words) =>
            {
                bytes[40] = 17;
                ushort before = Checksum(bytes);
                ulong change = 0;
                foreach ((int place, uint to) in words) change += Replace(bytes, place * 4, to);
                Assert.Equal(Checksum(bytes), InternetChecksum.Update(before, change));
            },
            iter: 20_000);
    }

    [Fact]
    public void AnUpdateOfPortsEqualsAFullRecompute()
    {
        Gen.Select(Gen.Byte.Array[41, 60], Gen.Int[0, 19], Gen.UShort).Sample(
            (bytes, place, to) =>
            {
                bytes[40] = 6;
                ushort before = Checksum(bytes);
                ushort from = BitConverter.ToUInt16(bytes, place * 2);
                BitConverter.TryWriteBytes(bytes.AsSpan(place * 2), to);
                Assert.Equal(Checksum(bytes), InternetChecksum.Update(before, InternetChecksum.Change16(from, to)));
                Assert.Equal(Checksum(bytes), InternetChecksum.Update(before, InternetChecksum.Change32(from, to)));
            },
            iter: 20_000);
    }

    private static ulong Replace(byte[] bytes, int offset, uint to)
    {
        uint from = BitConverter.ToUInt32(bytes, offset);
        BitConverter.TryWriteBytes(bytes.AsSpan(offset), to);
        return InternetChecksum.Change32(from, to);
    }

    /// <summary>Plain checksum of the bytes, as it lies in memory.</summary>
    private static ushort Checksum(byte[] bytes) => Be16.FromHost(ChecksumOracle.Of(ChecksumOracle.Sum(bytes))).Wire;

    private static void CheckFold(ulong sum)
    {
        int rest = (int)(new BigInteger(sum) % 0xFFFF);
        int expected = rest == 0 && sum != 0 ? 0xFFFF : rest;
        Assert.Equal(expected, InternetChecksum.Fold(sum));
    }
}
