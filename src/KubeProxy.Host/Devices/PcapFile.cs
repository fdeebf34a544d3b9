using System.Buffers.Binary;

namespace KubeProxy.Host.Devices;

/// <summary>The classic pcap file: a 24-byte file header, then per packet 16 bytes of header and the bytes captured.</summary>
internal static class PcapFormat
{
    internal const uint MagicMicroseconds = 0xa1b2c3d4;
    internal const uint MagicNanoseconds = 0xa1b23c4d;
    internal const uint LinkTypeEthernet = 1;
    internal const int FileHeaderBytes = 24;
    internal const int PacketHeaderBytes = 16;
    internal const int SnapLengthBytes = 65535;
}

/// <summary>Reads a whole capture into memory.</summary>
internal static class PcapReader
{
    /// <exception cref="InvalidDataException">The file is no Ethernet capture in classic little-endian pcap format, or is cut short.</exception>
    internal static List<byte[]> Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < PcapFormat.FileHeaderBytes)
            throw new InvalidDataException("shorter than a pcap file header");
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(file);
        if (magic is not (PcapFormat.MagicMicroseconds or PcapFormat.MagicNanoseconds))
            throw new InvalidDataException($"not a little-endian pcap file (magic 0x{magic:x8})");
        uint link = BinaryPrimitives.ReadUInt32LittleEndian(file[20..]) & 0xffff;
        if (link != PcapFormat.LinkTypeEthernet)
            throw new InvalidDataException($"link type {link} is not Ethernet");
        return ReadPackets(file[PcapFormat.FileHeaderBytes..]);
    }

    private static List<byte[]> ReadPackets(ReadOnlySpan<byte> rest)
    {
        List<byte[]> packets = [];
        while (rest.Length > 0)
        {
            if (rest.Length < PcapFormat.PacketHeaderBytes)
                throw new InvalidDataException($"packet {packets.Count + 1}: header cut short");
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
            rest = rest[PcapFormat.PacketHeaderBytes..];
            if (length > rest.Length)
                throw new InvalidDataException($"packet {packets.Count + 1}: {length} bytes announced, {rest.Length} left");
            packets.Add(rest[..(int)length].ToArray());
            rest = rest[(int)length..];
        }
        return packets;
    }
}

/// <summary>Writes packets as they come, up to a limit; the file is complete after every frame (<see cref="Flush"/>).</summary>
internal sealed class PcapWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly uint _limit;
    private uint _written;

    internal PcapWriter(string path, uint limit)
    {
        _limit = limit;
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 65536);
        Span<byte> header = stackalloc byte[PcapFormat.FileHeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, PcapFormat.MagicMicroseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], PcapFormat.SnapLengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], PcapFormat.LinkTypeEthernet);
        _file.Write(header);
        Flush();
    }

    internal bool IsFull => _written >= _limit;

    internal void Write(ReadOnlySpan<byte> packet, double unixSeconds)
    {
        if (IsFull)
            return;
        Span<byte> header = stackalloc byte[PcapFormat.PacketHeaderBytes];
        uint seconds = (uint)unixSeconds;
        BinaryPrimitives.WriteUInt32LittleEndian(header, seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)((unixSeconds - seconds) * 1e6));
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)packet.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)packet.Length);
        _file.Write(header);
        _file.Write(packet);
        _written++;
    }

    internal void Flush() => _file.Flush();

    public void Dispose() => _file.Dispose();
}
