namespace KubeProxy.Oracle;

/// <summary>Compares bytes with a verdict's, but for those that no document decides; of an IPv4 answer the header's checksum must be right all the same.</summary>
public static class Comparison
{
    public static string? Difference(Verdict verdict, byte[] packet)
    {
        if (packet.Length != verdict.Packet.Length) return $"{packet.Length} bytes instead of {verdict.Packet.Length}";
        for (int i = 0; i < packet.Length; i++)
        {
            if (packet[i] != verdict.Packet[i] && !verdict.Free.Contains(i)) return $"byte {i} is {packet[i]:x2} instead of {verdict.Packet[i]:x2}";
        }

        bool answer = verdict.Free.Count > 0 && packet[0] >> 4 == 4;
        return answer && Wire.Sum(packet.AsSpan(0, 20)) != 0 ? "wrong header checksum" : null;
    }
}
