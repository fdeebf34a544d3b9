using System.Buffers.Binary;

namespace KubeProxy.Fuzz.Engine;

/// <summary>Makes inputs from inputs: bytes turned, numbers at their borders, pieces moved, doubled, left out, and taken from other inputs.</summary>
internal sealed class Mutator(InputShape shape, IReadOnlyList<byte[]> words, int seed)
{
    public const int LongestInput = 4096;
    private static readonly int[] Borders = [0, 1, -1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 4, 5, 7, 8, 15, 16, 19, 20, 27, 28, 39, 40, 47, 48, 63, 64, 1280, 1500];
    private readonly Random _random = new(seed);

    /// <summary>A number below a limit, of the same sequence.</summary>
    public int Next(int limit) => _random.Next(limit);

    /// <summary>A new input from one, with pieces of another.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (int times = 1 << Math.Max(0, _random.Next(10) - 5); times > 0; times--)
        {
            if (_random.Next(4) == 0) MoveParts(bytes, other);
            else ChangeBytes(bytes);
        }

        if (bytes.Count > LongestInput) bytes.RemoveRange(LongestInput, bytes.Count - LongestInput);
        return [.. bytes];
    }

    private void ChangeBytes(List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)_random.Next(256));
            return;
        }

        int at = _random.Next(bytes.Count);
        switch (_random.Next(9))
        {
            case 0: bytes[at] ^= (byte)(1 << _random.Next(8)); break;
            case 1 or 7: bytes[at] = (byte)_random.Next(256); break;
            case 2: bytes[at] += (byte)(_random.Next(35) - 17); break;
            case 3: bytes[at] = (byte)Borders[_random.Next(Borders.Length)]; break;
            case 4: WriteWide(bytes, at, Borders[_random.Next(Borders.Length)]); break;
            case 5: bytes.InsertRange(at, Piece(bytes)); break;
            case 6: bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 << _random.Next(6))); break;
            default: Put(bytes, at); break;
        }
    }

    /// <summary>A word over or between what is there.</summary>
    private void Put(List<byte> bytes, int at)
    {
        if (words.Count == 0) return;
        byte[] word = words[_random.Next(words.Count)];
        if (_random.Next(2) == 0) bytes.RemoveRange(at, Math.Min(word.Length, bytes.Count - at));
        bytes.InsertRange(at, word);
    }

    private void WriteWide(List<byte> bytes, int at, int value)
    {
        Span<byte> wide = stackalloc byte[4];
        int width = 2 << _random.Next(2);
        if (_random.Next(2) == 0) BinaryPrimitives.WriteInt32LittleEndian(wide, value);
        else BinaryPrimitives.WriteInt32BigEndian(wide, width == 2 ? value << 16 : value);
        for (int i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = wide[i];
    }

    private byte[] Piece(List<byte> bytes)
    {
        int from = _random.Next(bytes.Count);
        int length = Math.Min(bytes.Count - from, 1 << _random.Next(7));
        return _random.Next(4) == 0 ? [.. Enumerable.Repeat((byte)_random.Next(256), length)] : [.. bytes.GetRange(from, length)];
    }

    private void MoveParts(List<byte> bytes, byte[] other)
    {
        List<byte[]> parts = Parts.Split(shape, [.. bytes]);
        List<byte[]> others = Parts.Split(shape, other);
        int at = _random.Next(parts.Count + 1);
        switch (_random.Next(6))
        {
            case 0 when parts.Count > 1: parts.RemoveAt(_random.Next(parts.Count)); break;
            case 1 when parts.Count > 0: parts.Insert(at, parts[_random.Next(parts.Count)]); break;
            case 2 when parts.Count > 1: (parts[0], parts[^1]) = (parts[^1], parts[0]); break;
            case 3 when others.Count > 0: parts.Insert(at, others[_random.Next(others.Count)]); break;
            case 4 when parts.Count > 0: parts[_random.Next(parts.Count)] = Changed(parts[_random.Next(parts.Count)]); break;
            case 5 when others.Count > 0: parts = [.. parts.Take(at), .. others.Skip(_random.Next(others.Count))]; break;
        }

        bytes.Clear();
        bytes.AddRange(Parts.Join(shape, parts));
    }

    /// <summary>A part whose content has changed and whose header fits it.</summary>
    private byte[] Changed(byte[] part)
    {
        var bytes = new List<byte>(part);
        for (int times = 1 + _random.Next(3); times > 0; times--) ChangeBytes(bytes);
        return Parts.Repair(shape, [.. bytes]);
    }
}
