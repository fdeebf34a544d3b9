using System.Buffers.Binary;
using CsCheck;
using KubeProxy.Host.Ip;
using Xunit;

namespace KubeProxy.Host.Tests.Ip;

public sealed class ChecksumTests
{
    private const int EthernetBytes = 14;
    private const int Ip4Bytes = 20;
    private const int UdpBytes = 8;

    [Fact]
    public void TheExampleOfRfc1071AddsUp() =>
        Assert.Equal(0x220d, Checksum.Finish(Checksum.Sum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])));

    [Fact]
    public void ASumAgreesWithSlowArithmetic() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            ulong sum = 0;
            for (int i = 0; i < bytes.Length; i++)
                sum += (ulong)bytes[i] << (i % 2 == 0 ? 8 : 0);
            while (sum > 0xffff)
                sum = (sum & 0xffff) + (sum >> 16);
            Assert.Equal((ushort)~sum, Checksum.Finish(Checksum.Sum(bytes)));
        });

    [Theory]
    [InlineData(6, 20, 16)]
    [InlineData(17, 8, 6)]
    public void AMissingTransportChecksumIsCompleted(byte protocol, int headerBytes, int checksumOffset) =>
        Gen.Byte.Array[0, 60].Sample(payload =>
        {
            byte[] frame = Frame(protocol, headerBytes, payload);
            frame[EthernetBytes + Ip4Bytes + checksumOffset] = 0x12;
            TransportChecksum.Complete(frame);
            ReadOnlySpan<byte> ip = frame.AsSpan(EthernetBytes);
            Assert.Equal(0, Checksum.UpperLayer(ip.Slice(12, 8), protocol, ip[Ip4Bytes..]));
            Assert.NotEqual(0, BinaryPrimitives.ReadUInt16BigEndian(ip[(Ip4Bytes + checksumOffset)..]));
        });

    [Fact]
    public void AFragmentIsLeftAlone()
    {
        byte[] frame = Frame(17, UdpBytes, [1, 2, 3]);
        frame[EthernetBytes + 6] = 0x20;
        byte[] before = [.. frame];
        TransportChecksum.Complete(frame);
        Assert.Equal(before, frame);
    }

    [Fact]
    public void NoTruncationReadsBeyondTheFrame()
    {
        byte[] frame = Frame(6, 20, [1, 2, 3]);
        for (int length = 0; length < frame.Length; length++)
            TransportChecksum.Complete(frame.AsSpan(0, length));
    }

    private static byte[] Frame(byte protocol, int headerBytes, byte[] payload)
    {
        byte[] frame = new byte[EthernetBytes + Ip4Bytes + headerBytes + payload.Length];
        frame[12] = 0x08;
        Span<byte> ip = frame.AsSpan(EthernetBytes);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        ip[9] = protocol;
        ip[12] = 10;
        ip[16] = 11;
        payload.CopyTo(ip[(Ip4Bytes + headerBytes)..]);
        return frame;
    }
}
