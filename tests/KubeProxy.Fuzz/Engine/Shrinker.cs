namespace KubeProxy.Fuzz.Engine;

/// <summary>Leaves out of an input what does not matter, part by part and then byte by byte, within a bound.</summary>
internal static class Shrinker
{
    private const int MaxTries = 1500;

    public static byte[] Shrink(InputShape shape, byte[] input, Func<byte[], bool> isSame)
    {
        int tries = 0;
        byte[] best = ByParts(shape, input, candidate => tries++ < MaxTries && isSame(candidate));
        return ByBytes(shape, best, candidate => tries++ < MaxTries && isSame(candidate));
    }

    private static byte[] ByParts(InputShape shape, byte[] input, Func<byte[], bool> isSame)
    {
        List<byte[]> parts = Parts.Split(shape, input);
        for (int i = parts.Count - 1; i >= 0 && parts.Count > 1; i--)
        {
            List<byte[]> fewer = [.. parts.Where((_, index) => index != i)];
            if (isSame(Parts.Join(shape, fewer))) parts = fewer;
        }

        byte[] joined = Parts.Join(shape, parts);
        return isSame(joined) ? joined : input;
    }

    private static byte[] ByBytes(InputShape shape, byte[] input, Func<byte[], bool> isSame)
    {
        List<byte[]> parts = Parts.Split(shape, input);
        for (int i = 0; i < parts.Count; i++)
        {
            for (int length = parts[i].Length / 2; length > 0; length /= 2)
            {
                byte[] whole = parts[i];
                parts[i] = Parts.Repair(shape, whole[..^length]);
                if (!isSame(Parts.Join(shape, parts))) parts[i] = whole;
            }
        }

        return Parts.Join(shape, parts);
    }
}
