using Xunit;

namespace KubeProxy.Core.Tests;

/// <summary>A figure of docs/reliability.md that a test has measured: a line of its output that the scoreboard reads.</summary>
public static class Figure
{
    public static void Is(string id, string text) => TestContext.Current.TestOutputHelper?.WriteLine($"{id}: {text}");
}
