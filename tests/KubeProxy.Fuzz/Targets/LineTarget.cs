using System.Text;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Lines;

namespace KubeProxy.Fuzz.Targets;

/// <summary>The command line: some lines in turn, and at the end everything is deleted.</summary>
internal sealed class LineTarget : IFuzzTarget
{
    private const int MaxLines = 16;

    public InputShape Shape => InputShape.Lines;

    public IReadOnlyList<byte[]> Seeds => [.. LineSeeds.All.Select(Encoding.UTF8.GetBytes)];

    public IReadOnlyList<byte[]> Words => [.. LineSeeds.Vocabulary.Select(word => Encoding.UTF8.GetBytes($" {word} "))];

    public void Run(ReadOnlySpan<byte> input)
    {
        using var scene = new CatalogScene();
        foreach (string line in Encoding.UTF8.GetString(input).Split('\n').Take(MaxLines)) scene.Run(line);
        scene.TakeAllAway();
        scene.CheckRoom();
    }

    public void Dispose()
    {
    }
}
