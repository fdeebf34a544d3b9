using System.Buffers.Binary;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Packets;

/// <summary>
/// Spoils a good packet in one way or several: bits, lengths that lie, cuts, trailers, fragments, chains of headers, extreme
/// fields. Mostly the IPv4 header's checksum is made right again, for VPP takes out what has a wrong one.
/// </summary>
public sealed class Mutation(Random random)
{
    private const int Ethernet = IpView.EthernetLengthBytes;
    private static readonly byte[] Headers6 = [0, 43, 44, 51, 60, 135, 139, 140, 59, 50, 6, 17, 58, 132, 253];
    private static readonly ushort[] Extremes = [0, 1, 7, 8, 19, 20, 21, 39, 40, 0x7fff, 0x8000, 0xfffe, 0xffff];

    public byte[] Of(byte[] frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        byte[] result = [.. frame];
        bool isIp4 = result[12] == 8;
        int steps = random.Next(4) switch { 0 => 0, 3 => random.Next(2, 5), _ => 1 };
        for (int step = 0; step < steps; step++)
            result = Step(result, isIp4);
        if (isIp4 && result.Length >= Ethernet + 20 && random.Next(10) != 0)
            FixHeader(result);
        return result;
    }

    private byte[] Step(byte[] frame, bool isIp4)
    {
        if (frame.Length < Ethernet + (isIp4 ? 20 : 40))
            return frame;
        switch (random.Next(9))
        {
            case 0: return FlipBits(frame);
            case 1: return frame[..random.Next(Ethernet + 1, frame.Length + 1)];
            case 2: return [.. frame, .. Noise(random.Next(1, 64))];
            case 3: Put(frame, Ethernet + (isIp4 ? 2 : 4), Extreme(frame.Length - Ethernet)); return frame;
            case 4: return isIp4 ? Fragment4(frame) : Fragment6(frame);
            case 5: return isIp4 ? Options4(frame) : Chain6(frame);
            case 6: frame[Ethernet + (isIp4 ? 9 : 6)] = isIp4 ? (byte)random.Next(256) : Headers6[random.Next(Headers6.Length)]; return frame;
            case 7: return Extremize(frame, Ethernet + (isIp4 ? 20 : 40));
            default: return Extremize(frame, Ethernet);
        }
    }

    private byte[] FlipBits(byte[] frame)
    {
        for (int flips = random.Next(1, 9); flips > 0; flips--)
            frame[random.Next(Ethernet, Math.Min(frame.Length, Ethernet + 80))] ^= (byte)(1 << random.Next(8));
        return frame;
    }

    /// <summary>Some 16-bit field of a header becomes a number that programs trip over.</summary>
    private byte[] Extremize(byte[] frame, int start)
    {
        int end = Math.Min(frame.Length - 1, start + 40);
        if (end > start)
            Put(frame, random.Next(start, end), Extreme(frame.Length - start));
        return frame;
    }

    /// <summary>Few identifications, so that fragments of different packets meet in the reassembly.</summary>
    private byte[] Fragment4(byte[] frame)
    {
        Put(frame, Ethernet + 4, (ushort)random.Next(32));
        int offset = random.Next(3) == 0 ? 0 : random.Next(0, 0x2000);
        Put(frame, Ethernet + 6, (ushort)(offset | (random.Next(2) << 13)));
        return frame;
    }

    private byte[] Fragment6(byte[] frame)
    {
        byte[] header = new byte[8];
        header[0] = frame[Ethernet + 6];
        int offset = random.Next(3) == 0 ? 0 : random.Next(0, 0x2000) << 3;
        Put(header, 2, (ushort)(offset | random.Next(2)));
        Put(header, 6, (ushort)random.Next(32));
        return Inserted6(frame, 44, header);
    }

    private byte[] Chain6(byte[] frame)
    {
        for (int count = random.Next(1, 10); count > 0; count--)
        {
            byte type = Headers6[random.Next(6)];
            byte[] header = Noise(8 * random.Next(1, 4));
            header[0] = frame[Ethernet + 6];
            header[1] = (byte)(random.Next(8) == 0 ? random.Next(256) : (header.Length / 8) - 1);
            frame = Inserted6(frame, type, header);
        }

        return frame;
    }

    private byte[] Options4(byte[] frame)
    {
        int words = random.Next(1, 11);
        byte[] longer = [.. frame[..(Ethernet + 20)], .. Noise(4 * words), .. frame[(Ethernet + 20)..]];
        longer[Ethernet] = (byte)(0x45 + words);
        Put(longer, Ethernet + 2, (ushort)(longer.Length - Ethernet));
        return longer;
    }

    private static byte[] Inserted6(byte[] frame, byte type, byte[] header)
    {
        byte[] longer = [.. frame[..(Ethernet + 40)], .. header, .. frame[(Ethernet + 40)..]];
        longer[Ethernet + 6] = type;
        Put(longer, Ethernet + 4, (ushort)(longer.Length - Ethernet - 40));
        return longer;
    }

    private ushort Extreme(int length) => random.Next(3) switch
    {
        0 => Extremes[random.Next(Extremes.Length)],
        1 => (ushort)(length + random.Next(-9, 10)),
        _ => (ushort)random.Next(0x10000),
    };

    private byte[] Noise(int lengthBytes)
    {
        byte[] noise = new byte[lengthBytes];
        random.NextBytes(noise);
        return noise;
    }

    private static void FixHeader(byte[] frame)
    {
        int length = (frame[Ethernet] & 15) * 4;
        if (length >= 20 && frame.Length >= Ethernet + length)
            Checksums.FillIp4Header(frame);
    }

    private static void Put(byte[] bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), value);
}
