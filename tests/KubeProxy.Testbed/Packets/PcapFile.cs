using System.Buffers.Binary;

namespace KubeProxy.Testbed.Packets;

/// <summary>The classic little-endian pcap file of Ethernet frames: written in one go, read as far as it has grown.</summary>
public sealed class PcapFile(string path)
{
    private const uint Magic = 0xa1b2c3d4;
    private const int FileHeaderLengthBytes = 24;
    private const int RecordHeaderLengthBytes = 16;
    private long _readLengthBytes;

    public string Path { get; } = path;

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

    /// <summary>The frames that were written since the last call. A capture's file appears with its first frame, empty for a moment.</summary>
    public IReadOnlyList<byte[]> ReadNew()
    {
        if (!File.Exists(Path))
            return [];
        ReadOnlySpan<byte> rest = ReadBytes();
        List<byte[]> frames = [];
        for (int length; rest.Length > 0; rest = rest[(RecordHeaderLengthBytes + length)..])
        {
            length = rest.Length < RecordHeaderLengthBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
            if (length < 0 || length > rest.Length - RecordHeaderLengthBytes)
                throw new TestbedException($"{Path} ends within a record");
            frames.Add(rest.Slice(RecordHeaderLengthBytes, length).ToArray());
        }

        return frames;
    }

    private byte[] ReadBytes()
    {
        using FileStream file = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length < FileHeaderLengthBytes)
            return [];
        if (_readLengthBytes == 0)
        {
            byte[] header = new byte[FileHeaderLengthBytes];
            file.ReadExactly(header);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic)
                throw new TestbedException($"{Path} is not a pcap file");
            _readLengthBytes = FileHeaderLengthBytes;
        }

        byte[] bytes = new byte[file.Length - _readLengthBytes];
        file.Position = _readLengthBytes;
        file.ReadExactly(bytes);
        _readLengthBytes += bytes.Length;
        return bytes;
    }
}
