using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>Bytes of a packet that may change.</summary>
internal sealed class ByteSet(int lengthBytes)
{
    private readonly bool[] _may = new bool[lengthBytes];

    public void Allow(int from, int length)
    {
        for (int i = from; i < Math.Min(from + length, _may.Length); i++) _may[i] = true;
    }

    /// <summary>No other byte has changed.</summary>
    public void Check(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        if (before.Length != after.Length) throw new FindingException("the packet's length has changed");
        for (int i = 0; i < before.Length; i++)
            if (before[i] != after[i] && !_may[i]) throw new FindingException($"byte {i} was changed");
    }
}
