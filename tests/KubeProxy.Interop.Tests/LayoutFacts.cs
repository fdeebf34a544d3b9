using System.Globalization;

namespace KubeProxy.Interop.Tests;

/// <summary>One line of interop/Generated/layout-*.txt: what a C compiler says about VPP's headers.</summary>
/// <param name="Kind">sizeof, field, bits, offset, enum or const.</param>
/// <param name="Type">The type; empty for a constant.</param>
/// <param name="Path">The member, with dots through nested members; the name of a constant; empty for sizeof.</param>
/// <param name="First">Size, offset, first bit or value.</param>
/// <param name="Second">Alignment, size or number of bits; 0 where there is none.</param>
public readonly record struct LayoutFact(string Kind, string Type, string Path, long First, long Second)
{
    public static LayoutFact Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string[] words = line.Split(' ');
        if (words[0] == "const")
            return new(words[0], "", words[1], unchecked((long)ulong.Parse(words[2], CultureInfo.InvariantCulture)), 0);

        string[] name = words[1].Split('.', 2);
        long second = words.Length > 3 ? long.Parse(words[3], CultureInfo.InvariantCulture) : 0;
        return new(words[0], name[0], name.Length > 1 ? name[1] : "", long.Parse(words[2], CultureInfo.InvariantCulture), second);
    }

    public override string ToString() => $"{Kind} {Type}{(Type.Length > 0 && Path.Length > 0 ? "." : "")}{Path} {First} {Second}";
}

/// <summary>All the facts that are checked in.</summary>
public static class LayoutFacts
{
    public static IReadOnlyList<LayoutFact> All { get; } = Read();

    /// <summary>The types that the facts speak of.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. All.Where(f => f.Kind == "sizeof").Select(f => f.Type)];

    public static ILookup<string, LayoutFact> ByType { get; } = All.ToLookup(f => f.Type);

    private static LayoutFact[] Read()
    {
        string file = Directory.GetFiles(AppContext.BaseDirectory, "layout-*.txt").Single();
        return [.. File.ReadLines(file).Where(line => !line.StartsWith('#')).Select(LayoutFact.Parse)];
    }
}
