using System.Buffers.Binary;

namespace KubeProxy.Testbed.Packets;

/// <summary>The classic little-endian pcap file of Ethernet frames, read and written in one go.</summary>
public static class PcapFile
{
    private const uint Magic = 0xa1b2c3d4;
    private const int FileHeaderLengthBytes = 24;
    private const int RecordHeaderLengthBytes = 16;

    public static void Write(string path, IReadOnlyCollection<byte[]> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        byte[] file = new byte[FileHeaderLengthBytes + frames.Sum(frame => RecordHeaderLengthBytes + frame.Length)];
        Span<byte> rest = file;
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], 65536);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[20..], 1);
        rest = rest[FileHeaderLengthBytes..];
        foreach (byte[] frame in frames)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest[8..], (uint)frame.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[12..], (uint)frame.Length);
            frame.CopyTo(rest[RecordHeaderLengthBytes..]);
            rest = rest[(RecordHeaderLengthBytes + frame.Length)..];
        }

        File.WriteAllBytes(path, file);
    }

    /// <summary>Reads a capture; a file that was never written holds no frame.</summary>
    public static IReadOnlyList<byte[]> Read(string path)
    {
        List<byte[]> frames = [];
        if (!File.Exists(path))
            return frames;
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
        if (rest.Length < FileHeaderLengthBytes || BinaryPrimitives.ReadUInt32LittleEndian(rest) != Magic)
            throw new TestbedException($"{path} is not a pcap file");
        for (rest = rest[FileHeaderLengthBytes..]; rest.Length >= RecordHeaderLengthBytes;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
            if (length < 0 || length > rest.Length - RecordHeaderLengthBytes)
                throw new TestbedException($"{path} ends within a record");
            frames.Add(rest.Slice(RecordHeaderLengthBytes, length).ToArray());
            rest = rest[(RecordHeaderLengthBytes + length)..];
        }

        return frames;
    }
}
