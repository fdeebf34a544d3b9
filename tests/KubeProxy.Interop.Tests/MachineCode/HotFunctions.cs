using System.Text.RegularExpressions;

namespace KubeProxy.Interop.Tests.MachineCode;

/// <summary>The functions with the loops over a frame's packets, by the end of their symbols.</summary>
internal static partial class HotFunctions
{
    private static readonly string[] PipelineStages =
    [
        "ForwardPath.Parse", "ForwardPath.Find", "ForwardPath.Rewrite",
        "ReturnPath.Parse", "ReturnPath.Match", "ReturnPath.Copy", "ReturnPath.Rewrite",
    ];

    private static readonly string[] Families = ["4", "6"];

    /// <summary>Names as <see cref="NameOf"/> gives them; each must be found, so that none is missed when it is renamed or moves into another.</summary>
    public static IEnumerable<string> Names =>
    [
        .. PipelineStages.SelectMany(stage => Families, (stage, family) => $"{stage} (IPv{family})"),
        .. Families.Select(family => $"ForwardDirection.Scatter (IPv{family})"),
        .. Families.Select(family => $"ReturnDirection.Scatter (IPv{family})"),
        "FrameIo.Fetch",
        "FrameIo.Gather (forward)",
        "FrameIo.Gather (other)",
    ];

    /// <summary>
    /// Calls that may stand in a loop, by function, as the called symbol must contain them, with the reason. Empty: no hot loop has one, for what is rare is listed
    /// and looked at after the loop.
    /// </summary>
    public static IReadOnlyDictionary<string, string[]> AllowedCalls { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    /// <summary>
    /// A short name of a symbol, or null for one that is none of ours. The return direction and node ports gather alike, and the linker keeps one of the two.
    /// </summary>
    public static string? NameOf(string symbol)
    {
        if (Pipeline().Match(symbol) is { Success: true } stage) return $"{stage.Groups[1]}.{stage.Groups[3]} (IPv{stage.Groups[2]})";
        if (Scatter().Match(symbol) is { Success: true } scatter) return $"{scatter.Groups[1]}.Scatter (IPv{scatter.Groups[2]})";
        if (symbol.EndsWith("Nodes_FrameIo__Fetch", StringComparison.Ordinal)) return "FrameIo.Fetch";
        if (Gather().Match(symbol) is not { Success: true } gather) return null;
        return gather.Groups[1].Value == "ForwardDirection" ? "FrameIo.Gather (forward)" : "FrameIo.Gather (other)";
    }

    [GeneratedRegex(@"_Pipeline_(ForwardPath|ReturnPath)_3<.*_Ip([46])Flow>__(\w+)$")]
    private static partial Regex Pipeline();

    [GeneratedRegex(@"_Nodes_(ForwardDirection|ReturnDirection)__Scatter<.*_Ip([46])Reject>$")]
    private static partial Regex Scatter();

    [GeneratedRegex(@"_Nodes_FrameIo__Gather<.*_([A-Za-z]+Direction)>$")]
    private static partial Regex Gather();
}
