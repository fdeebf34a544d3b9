using System.Text;
using KubeProxy.Core.Net;
using Xunit;

namespace KubeProxy.Core.Tests.Net;

/// <summary>The checksum of SCTP that follows a changed port, against the checksum of the whole message.</summary>
public sealed unsafe class Crc32cTests
{
    /// <summary>Every length up to that of an Ethernet frame, and those on both sides of every power of two.</summary>
    private static IEnumerable<int> Lengths =>
        [.. Enumerable.Range(12, 1500), .. Enumerable.Range(11, 5).SelectMany(k => (int[])[(1 << k) - 1, 1 << k, (1 << k) + 1]), 65_515, 65_535];

    /// <summary>RFC 3720 appendix B.4, and the check value of the CRC catalogue.</summary>
    [Fact]
    public void TheOracleKnowsTheKnownChecksums()
    {
        Assert.Equal(0xE3069283, Crc32cOracle.Of(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0x8A9136AA, Crc32cOracle.Of(new byte[32]));
        Assert.Equal(0x46DD794Eu, Crc32cOracle.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }

    [Fact]
    public void EveryLengthFollowsADifference()
    {
        var random = new Random(1);
        foreach (int length in Lengths) AssertFollows(random, length, (uint)random.NextInt64(1, 1L << 32));
    }

    [Fact]
    public void EveryBitOfTheDifferenceCountsAtEveryPowerOfTwo()
    {
        var random = new Random(2);
        for (int bit = 0; bit < 32; bit++)
            for (int k = 4; k < 13; k++) AssertFollows(random, 1 << k, 1u << bit);
    }

    [Fact]
    public void DifferencesAddUp()
    {
        var random = new Random(3);
        foreach (int length in Lengths)
        {
            (uint a, uint b) = ((uint)random.Next(), (uint)random.Next());
            Assert.Equal(Crc32c.OfDifference(a, (uint)length) ^ Crc32c.OfDifference(b, (uint)length), Crc32c.OfDifference(a ^ b, (uint)length));
            Assert.Equal(0u, Crc32c.OfDifference(0, (uint)length));
        }
    }

    [Theory]
    [InlineData(SctpHeader.SourcePortOffset)]
    [InlineData(SctpHeader.DestinationPortOffset)]
    public void APortThatChangesTakesTheChecksumAlongAndNothingElse(int portOffset)
    {
        var random = new Random(4);
        for (int round = 0; round < 500; round++)
        {
            byte[] packet = Packet(random, random.Next(12, 1500));
            byte[] expected = [.. packet];
            random.NextBytes(expected.AsSpan(portOffset, 2));
            ushort portWire = BitConverter.ToUInt16(expected, portOffset);
            WriteChecksum(expected);
            Assert.Equal(expected, WithPort(packet, portOffset, portWire));
        }
    }

    [Fact]
    public void AWrongChecksumStaysWrongByTheSameBitsAndAnUnchangedPortTouchesNothing()
    {
        var random = new Random(5);
        for (int bit = 0; bit < 32; bit++)
        {
            byte[] right = Packet(random, 200);
            byte[] wrong = [.. right];
            BitConverter.TryWriteBytes(wrong.AsSpan(8), BitConverter.ToUInt32(right, 8) ^ (1u << bit));
            uint rightBehind = BitConverter.ToUInt32(WithPort(right, 2, 0x1234), 8);
            uint wrongBehind = BitConverter.ToUInt32(WithPort(wrong, 2, 0x1234), 8);
            Assert.Equal(1u << bit, rightBehind ^ wrongBehind);
            Assert.Equal(wrong, WithPort(wrong, 2, BitConverter.ToUInt16(wrong, 2)));
        }
    }

    private static void AssertFollows(Random random, int length, uint difference)
    {
        byte[] message = new byte[length];
        random.NextBytes(message);
        uint before = Crc32cOracle.Of(message);
        BitConverter.TryWriteBytes(message, BitConverter.ToUInt32(message) ^ difference);
        Assert.Equal(before ^ Crc32cOracle.Of(message), Crc32c.OfDifference(difference, (uint)length));
    }

    private static byte[] Packet(Random random, int length)
    {
        byte[] packet = new byte[length];
        random.NextBytes(packet);
        WriteChecksum(packet);
        return packet;
    }

    private static void WriteChecksum(byte[] packet)
    {
        packet.AsSpan(8, 4).Clear();
        BitConverter.TryWriteBytes(packet.AsSpan(8), Crc32cOracle.Of(packet));
    }

    private static byte[] WithPort(byte[] packet, int portOffset, ushort portWire)
    {
        byte[] changed = [.. packet];
        fixed (byte* header = changed) SctpHeader.SetPort(header, portOffset, portWire, (uint)changed.Length);
        return changed;
    }
}
