using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace KubeProxy.Fuzz.Engine;

/// <summary>
/// Which edges of the instrumented code an execution has taken, and how often: one byte an edge, as AFL has it. An execution is new when
/// it takes an edge, or takes one about so often, as none did before it.
/// </summary>
internal sealed unsafe class EdgeMap : IDisposable
{
    public const int SizeBytes = 1 << 16;
    private const int WordCount = SizeBytes / sizeof(ulong);

    private readonly byte* _now;
    private readonly byte[] _seen = new byte[SizeBytes];

    public EdgeMap()
    {
        _now = (byte*)NativeMemory.AlignedAlloc(SizeBytes, 64);
        Trace.SharedMem = _now;
        Reset();
    }

    /// <summary>Instrumented code writes somewhere from its first branch on: call before any of it.</summary>
    public static void MakeReady() => Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(SizeBytes);

    /// <summary>Edges that any execution has taken.</summary>
    public int EdgeCount { get; private set; }

    /// <summary>Call before an execution.</summary>
    public void Reset()
    {
        NativeMemory.Clear(_now, SizeBytes);
        Trace.PrevLocation = 0;
    }

    /// <summary>Call after an execution: true when it was new; it is not from now on.</summary>
    public bool Merge()
    {
        bool isNew = false;
        for (int word = 0; word < WordCount; word++)
        {
            if (((ulong*)_now)[word] == 0) continue;
            for (int i = word * sizeof(ulong); i < (word + 1) * sizeof(ulong); i++) isNew |= MergeOne(i);
        }

        return isNew;
    }

    /// <summary>What the last execution has done, one number for each edge with its frequency.</summary>
    public List<int> Features()
    {
        var features = new List<int>();
        for (int i = 0; i < SizeBytes; i++)
            if (_now[i] != 0) features.Add((i * 8) + BitOperations.Log2(ClassOf(_now[i])));
        return features;
    }

    public void Dispose()
    {
        MakeReady();
        NativeMemory.AlignedFree(_now);
    }

    private bool MergeOne(int edge)
    {
        if (_now[edge] == 0) return false;
        byte frequency = ClassOf(_now[edge]);
        if ((_seen[edge] & frequency) != 0) return false;
        if (_seen[edge] == 0) EdgeCount++;
        _seen[edge] |= frequency;
        return true;
    }

    /// <summary>1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127 and more, each a bit.</summary>
    private static byte ClassOf(byte count) => count switch
    {
        < 3 => count,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
