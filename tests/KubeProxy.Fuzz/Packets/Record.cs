using System.Buffers.Binary;

namespace KubeProxy.Fuzz.Packets;

/// <summary>
/// One step of an input: what is done, how, and the packet or the arguments. Any bytes are some records.
/// <code>
///   0      1       2       3          5
///   | kind | slot  | flags | length   | bytes ...
/// </code>
/// </summary>
internal sealed record Record(byte Kind, byte Slot, RecordFlags Flags, byte[] Bytes)
{
    public const int HeaderBytes = 5;
    public const int LengthOffset = 3;

    /// <summary>Most records of an input.</summary>
    public const int MaxCount = 24;

    /// <summary>Most bytes of a record; with headroom and guard they fit a page.</summary>
    public const int MaxBytes = 2048;

    /// <summary>An input's records; a length that reaches beyond the end means what is there.</summary>
    public static List<Record> ReadAll(ReadOnlySpan<byte> input)
    {
        var records = new List<Record>();
        while (input.Length >= HeaderBytes && records.Count < MaxCount)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(input[LengthOffset..]), input.Length - HeaderBytes);
            ReadOnlySpan<byte> bytes = input.Slice(HeaderBytes, length);
            records.Add(new Record(input[0], input[1], (RecordFlags)input[2], bytes[..Math.Min(length, MaxBytes)].ToArray()));
            input = input[(HeaderBytes + length)..];
        }

        return records;
    }

    public byte[] ToBytes()
    {
        byte[] bytes = [Kind, Slot, (byte)Flags, 0, 0, .. Bytes];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(LengthOffset), (ushort)Bytes.Length);
        return bytes;
    }
}

/// <summary>How a record's packet comes.</summary>
[Flags]
internal enum RecordFlags : byte
{
    None = 0,

    /// <summary>All checksums that can be found are made right first.</summary>
    Sound = 1,

    /// <summary>The packet starts at the border of its memory instead of ending there.</summary>
    AtStart = 2,

    /// <summary>It goes on in another piece of memory.</summary>
    Chained = 4,

    /// <summary>It is in one batch with the next record's.</summary>
    WithNext = 8,

    /// <summary>A device cuts it into pieces later.</summary>
    Segmented = 16,

    /// <summary>The second worker gets it.</summary>
    SecondWorker = 32,
}
