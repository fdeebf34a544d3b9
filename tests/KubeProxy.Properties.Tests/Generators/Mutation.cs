using KubeProxy.Oracle;

namespace KubeProxy.Properties.Tests.Generators;

/// <summary>Makes right packets wrong, and says which wrong ones come as far as the nodes.</summary>
public static class Mutation
{
    public static byte[] Apply(Random random, byte[] packet, byte[] other)
    {
        byte[] bytes = [.. packet];
        int length = bytes[0] >> 4 == 6 ? 4 : 2;
        switch (random.Next(7))
        {
            case 0: bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes = bytes[..random.Next(1, bytes.Length + 1)]; break;
            case 2: bytes = [.. bytes, .. new byte[random.Next(20)]]; break;
            case 3: Wire.SetWord(bytes, length, random.Next(bytes.Length + 20)); break;
            case 4: Wire.SetWord(bytes, length, Math.Max(0, Wire.Word(bytes, length) + random.Next(-30, 4))); break;
            case 5: bytes = [.. bytes[..random.Next(1, bytes.Length + 1)], .. other[random.Next(other.Length)..]]; break;
            default: Flip(random, bytes); break;
        }

        if (random.Next(10) != 0) PacketMaker.FixHeader(bytes);
        return bytes;
    }

    /// <summary>What ip4-input and ip6-input of VPP let through (MAL-05).</summary>
    public static bool Arrives(byte[] packet)
    {
        if (packet.Length == 0) return false;
        if (packet[0] >> 4 == 6) return packet.Length >= 40 && packet[7] > 0;
        if (packet[0] >> 4 != 4 || packet.Length < 20) return false;
        int header = (packet[0] & 15) * 4;
        int total = Wire.Word(packet, 2);
        bool isHeader = header >= 20 && header <= packet.Length && total >= 20 && total <= packet.Length && packet[8] > 0;
        return isHeader && (Wire.Word(packet, 6) & 0x1FFF) != 1 && Wire.Sum(packet.AsSpan(0, header)) == 0;
    }

    /// <summary>A few bits at once, in the headers.</summary>
    private static void Flip(Random random, byte[] bytes)
    {
        for (int count = random.Next(1, 6); count > 0; count--)
            bytes[random.Next(Math.Min(bytes.Length, 64))] ^= (byte)(1 << random.Next(8));
    }
}
