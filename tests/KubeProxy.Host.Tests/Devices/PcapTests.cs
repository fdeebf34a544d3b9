using KubeProxy.Host.Devices;
using Xunit;

namespace KubeProxy.Host.Tests.Devices;

public sealed class PcapTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_path);

    private byte[] Written(uint limit, params byte[][] packets)
    {
        using (PcapWriter writer = new(_path, limit))
        {
            foreach (byte[] packet in packets)
                writer.Write(packet, 1.5);
            writer.Flush();
        }
        return File.ReadAllBytes(_path);
    }

    [Fact]
    public void WhatWasWrittenIsRead()
    {
        byte[][] packets = [[1], [], [.. Enumerable.Range(0, 3000).Select(i => (byte)i)]];
        Assert.Equal(packets, PcapReader.Read(Written(uint.MaxValue, packets)));
    }

    [Fact]
    public void AnEmptyCaptureIsAWholeFile() => Assert.Empty(PcapReader.Read(Written(10)));

    [Fact]
    public void ACaptureStopsAtItsCount() => Assert.Equal(2, PcapReader.Read(Written(2, [1], [2], [3])).Count);

    [Fact]
    public void TheFileIsByteExact()
    {
        string expected = "d4c3b2a1" + "02000400" + "00000000" + "00000000" + "ffff0000" + "01000000"
            + "01000000" + "20a10700" + "02000000" + "02000000" + "abcd";
        Assert.Equal(expected, Convert.ToHexStringLower(Written(1, [0xab, 0xcd])));
    }

    [Fact]
    public void AnExistingFileIsNotOverwritten()
    {
        Written(1, [1]);
        Assert.Throws<IOException>(() => new PcapWriter(_path, 1).Dispose());
    }

    [Fact]
    public void EveryTruncationIsAnErrorOrEndsBetweenPackets()
    {
        byte[] file = Written(2, [1, 2, 3], [4, 5]);
        int[] whole = [24, 24 + 16 + 3, file.Length];
        for (int length = 0; length <= file.Length; length++)
        {
            byte[] cut = file[..length];
            if (whole.Contains(length))
                Assert.Equal(Array.IndexOf(whole, length), PcapReader.Read(cut).Count);
            else
                Assert.Throws<InvalidDataException>(() => PcapReader.Read(cut));
        }
    }

    [Theory]
    [InlineData(0, 0xa1)]
    [InlineData(20, 0x65)]
    public void AnotherFormatIsRefused(int offset, byte value)
    {
        byte[] file = Written(1, [1]);
        file[offset] = value;
        Assert.Throws<InvalidDataException>(() => PcapReader.Read(file));
    }
}
