using System.Buffers.Binary;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Engine;

/// <summary>An input as the parts it is made of.</summary>
internal static class Parts
{
    private const byte LineEnd = (byte)'\n';

    public static List<byte[]> Split(InputShape shape, byte[] input) => shape switch
    {
        InputShape.Records => [.. Record.ReadAll(input).Select(record => record.ToBytes())],
        InputShape.Lines => SplitLines(input),
        _ => [.. input.Chunk(4)],
    };

    public static byte[] Join(InputShape shape, List<byte[]> parts) => shape == InputShape.Lines
        ? [.. parts.SelectMany(part => part.Append(LineEnd)).SkipLast(1)]
        : [.. parts.SelectMany(part => part)];

    /// <summary>The part with a length in its header that is its own.</summary>
    public static byte[] Repair(InputShape shape, byte[] part)
    {
        if (shape != InputShape.Records || part.Length < Record.HeaderBytes) return part;
        BinaryPrimitives.WriteUInt16LittleEndian(part.AsSpan(Record.LengthOffset), (ushort)(part.Length - Record.HeaderBytes));
        return part;
    }

    private static List<byte[]> SplitLines(byte[] input)
    {
        var lines = new List<byte[]>();
        foreach (Range range in input.AsSpan().Split(LineEnd)) lines.Add(input[range]);
        return lines;
    }
}
