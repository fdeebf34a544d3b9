using System.Runtime.InteropServices;

namespace KubeProxy.Fuzz.Planted;

/// <summary>
/// Code with faults, to see that the fuzzer finds them. Each is behind bytes of which one after the other has to be right, so that only who heeds
/// edges gets there. An assembly of its own, for what is instrumented must not know the instrumentation.
/// </summary>
public static unsafe class PlantedCode
{
    /// <summary>Whether the input starts with a word, asked letter by letter.</summary>
    public static bool IsReached(ReadOnlySpan<byte> input)
    {
        if (input.Length < 8) return false;
        if (input[0] != 'F') return false;
        if (input[1] != 'a') return false;
        if (input[2] != 'u') return false;
        if (input[3] != 'l') return false;
        return input[4] == 't';
    }

    /// <summary>Reads one byte more than there is.</summary>
    public static int ReadTooFar(byte* start, int length) => start[length];

    /// <summary>Does not come back.</summary>
    public static void Hang()
    {
        while (Marshal.SizeOf<long>() == 8)
        {
        }
    }
}
