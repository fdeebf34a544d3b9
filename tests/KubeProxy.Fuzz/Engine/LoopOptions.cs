namespace KubeProxy.Fuzz.Engine;

/// <summary>Limits and places of a run.</summary>
internal sealed record LoopOptions
{
    public required string Target { get; init; }

    public int Seed { get; init; } = 1;

    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Most executions, those of the corpus included.</summary>
    public long Executions { get; init; } = long.MaxValue;

    /// <summary>Folder with inputs to start from.</summary>
    public string Corpus { get; init; } = string.Empty;

    /// <summary>Folder with inputs that showed something once: they are run first, too.</summary>
    public string Crashers { get; init; } = string.Empty;

    /// <summary>The run ends after so many findings.</summary>
    public int MaxFindings { get; init; } = 8;

    /// <summary>What takes longer does not come back.</summary>
    public TimeSpan LongestExecution { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Folder that new inputs go to, and those of findings to its folder <c>crashers</c>.</summary>
    public required string Output { get; init; }

    /// <summary>Edges are not heeded: to compare with.</summary>
    public bool IsBlind { get; init; }

    /// <summary>File of <see cref="SharedInput"/>.</summary>
    public string State { get; init; } = string.Empty;
}
