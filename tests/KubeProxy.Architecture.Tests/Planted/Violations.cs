using System.Diagnostics.CodeAnalysis;

namespace KubeProxy.Architecture.Tests.Planted;

/// <summary>Breaks the rule that the data path has no classes.</summary>
public sealed class Instance;

/// <summary>Breaks the rule that the data path's structs hold no references.</summary>
public struct HoldsText
{
    public string Text;
}

/// <summary>Holds a reference only inside a field's own field.</summary>
public struct HoldsTextDeepInside
{
    public HoldsText Inner;
}

/// <summary>Breaks the rule that the data path has no static state.</summary>
public static class HoldsState
{
    private static int _count;

    public static int Count() => ++_count;
}

/// <summary>A plain struct that keeps every rule.</summary>
public unsafe struct Plain
{
    public fixed uint Numbers[4];
    public Plain* Next;

    public readonly ulong Sum(int count)
    {
        ulong sum = 0;
        for (int i = 0; i < count; i++) sum += Numbers[i];
        return new Pair(sum, 1).Left;
    }

    private readonly record struct Pair(ulong Left, ulong Right);
}

/// <summary>Every way to allocate or throw, one a method.</summary>
[SuppressMessage("Usage", "CA2201", Justification = "planted")]
public static class Allocates
{
    public static object NewObject() => new Instance();

    public static int[] NewArray(int length) => new int[length];

    public static object Box(int number) => number;

    public static string Text() => "text";

    public static Func<int, int> Closure(int number) => other => number + other;

    public static void Throw(Exception exception) => throw exception;

    public static unsafe int Stack(int length)
    {
        int* numbers = stackalloc int[length];
        return numbers[0];
    }
}

/// <summary>Uses another namespace in a local variable and a call only.</summary>
public static class UsesForeign
{
    public static int Lines()
    {
        var file = new Rules.SourceFile("a", "b");
        return file.Lines.Length;
    }
}
