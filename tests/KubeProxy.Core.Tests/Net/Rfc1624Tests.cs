using CsCheck;
using KubeProxy.Core.Net;
using Xunit;

namespace KubeProxy.Core.Tests.Net;

/// <summary>
/// The checks C-1 to C-10 of RFC 1624, RFC 1071 and RFC 768, by their IDs. A checksum HC covers one word m, which
/// becomes m', and the rest of the packet; the truth is always the full recompute over rest and m'.
/// </summary>
public sealed class Rfc1624Tests
{
    private static readonly ushort[] Corners = [0, 1, 2, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x5555, 0xAAAA, 0x3285];

    [Fact]
    [Trait("Check", "C-1")]
    public void TheExampleOfRfc1624GivesZero() => Assert.Equal(0x0000, Update(0xDD2F, 0x5555, 0x3285));

    [Fact]
    [Trait("Rel", "REL-12")]
    [Trait("Check", "C-2")]
    [Trait("Check", "C-4")]
    public void EveryRestWithEveryCornerPairIsRecomputedExceptWhereAllWordsAreZero()
    {
        foreach (ushort from in Corners)
        {
            foreach (ushort to in Corners)
            {
                for (int rest = 0; rest <= 0xFFFF; rest++)
                {
                    ushort updated = Update(Full(rest, from), from, to);
                    bool isAllZero = rest == 0 && to == 0;
                    if (updated != Full(rest, to) != isAllZero) Assert.Fail($"rest {rest:X4}, {from:X4} to {to:X4}: {updated:X4}");
                }
            }
        }
    }

    [Theory]
    [Trait("Check", "C-3")]
    [InlineData(0x0001, 0xFFFF, 0xFFFE, 0xFFFE)]
    [InlineData(0x5555, 0xFFFE, 0xAAAA, 0xAAAB)]
    [InlineData(0x7FFF, 0xAAAA, 0x8000, 0xD555)]
    public void CornersWhereSubtractionGivesAllOnesGiveZero(int rest, ushort from, ushort to, ushort before)
    {
        Assert.Equal(before, Full(rest, from));
        Assert.Equal(0x0000, Update(before, from, to));
        Assert.Equal(0x0000, Full(rest, to));
    }

    [Fact]
    [Trait("Check", "C-5")]
    public void ReplacingAWordByItselfChangesNoChecksumThatAPacketCanHave()
    {
        foreach (ushort word in Corners)
        {
            // 0xFFFF needs a packet of zeros only (C-4); as a UDP checksum it stands for 0 and is checked below.
            for (int checksum = 0; checksum < 0xFFFF; checksum++) Assert.Equal((ushort)checksum, Update((ushort)checksum, word, word));
        }
    }

    [Fact]
    [Trait("Check", "C-6")]
    public void AUdpPacketWithoutChecksumStaysWithout()
    {
        foreach (ushort from in Corners)
            foreach (ushort to in Corners) Assert.Equal(0, UpdateUdp(0, from, to));
    }

    [Fact]
    [Trait("Check", "C-7")]
    public void AUdpChecksumThatBecomesZeroIsSentAsAllOnes()
    {
        Gen.Select(Gen.UShort, Gen.UShort).Sample(
            (from, to) =>
            {
                // The checksum before the change that leads to 0 after it.
                ushort before = Update(0, to, from);
                if (before is 0 or 0xFFFF) return;
                Assert.Equal(0x0000, Update(before, from, to));
                Assert.Equal(0xFFFF, UpdateUdp(before, from, to));
            },
            iter: 20_000);
    }

    [Fact]
    [Trait("Check", "C-8")]
    public void AUdpChecksumOfAllOnesIsTakenAsZeroSum()
    {
        Assert.Equal(0xFFFF, UpdateUdp(0xFFFF, 0x1234, 0x1234));
        Gen.Select(Gen.UShort, Gen.UShort).Sample(
            (from, to) =>
            {
                // HC = 0 in arithmetic, 0xFFFF on the wire: both must lead to the same packet.
                ushort expected = Update(0, from, to);
                Assert.Equal(expected == 0 ? 0xFFFF : expected, UpdateUdp(0xFFFF, from, to));
            },
            iter: 20_000);
    }

    [Fact]
    [Trait("Check", "C-9")]
    public void ATcpChecksumThatBecomesZeroStaysZero() => Assert.Equal(0x0000, Update(0xFFFE, 0xFFFF, 0xFFFE));

    [Fact]
    [Trait("Check", "C-10")]
    public void ACorruptChecksumStaysCorruptByTheSameAmount()
    {
        Gen.Select(Gen.UShort, Gen.UShort, Gen.Int[1, 0xFFFF], Gen.Int[1, 0xFFFE]).Sample(
            (from, to, rest, error) =>
            {
                ushort right = Full(rest, from);
                var corrupt = (ushort)ChecksumOracle.Add(right, error);
                int errorAfter = Update(corrupt, from, to) - Full(rest, to);
                Assert.Equal(0, (errorAfter - error) % 0xFFFF);
            },
            iter: 50_000);
    }

    private static ushort Full(int rest, ushort word) => ChecksumOracle.Of(ChecksumOracle.Add(rest, word));

    private static ushort Update(ushort checksum, ushort from, ushort to) =>
        InternetChecksum.Update(checksum, InternetChecksum.Change16(from, to));

    private static ushort UpdateUdp(ushort checksum, ushort from, ushort to) =>
        InternetChecksum.UpdateUdp(checksum, InternetChecksum.Change16(from, to));
}
