using System.Text.RegularExpressions;

namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>
/// An exception that reaches VPP ends the process. So a function that VPP calls catches everything, or it is one of those that nothing can be
/// thrown in: the nodes' bodies, which are of the data path, and a few that read or write one word.
/// </summary>
public static partial class BorderRules
{
    private const string Plugin = "src/KubeProxy.Plugin";

    /// <summary>Bodies of the data path, where nothing is thrown (<see cref="SourceRules.NoStackScratchOnTheDataPath"/>), and one that is guarded itself.</summary>
    private static readonly string[] SafeBodies = ["NodeBody<", "FragmentBody<", "TraceText.Format<"];

    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "HousekeepingNode.StartWorker", "HousekeepingNode.Run", "PodRoutes.GetNode", "PodRoutes.LastLock", "TableBindings.OnBind4", "TableBindings.OnBind6", "VipRoutes.Lock",
    };

    public static IEnumerable<string> EntriesAreGuarded(SourceFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.IsIn(Plugin)) yield break;
        string type = Path.GetFileName(file.Path).Split('.')[0];
        foreach ((string name, string body) in Entries(file))
        {
            bool isGuarded = CatchAll().IsMatch(body) && StartsWithTry().IsMatch(body);
            bool isSafe = SafeBodies.Any(words => body.Contains(words, StringComparison.Ordinal)) && !body.Contains('{', StringComparison.Ordinal);
            if (!isGuarded && !isSafe && !Plain.Contains($"{type}.{name}")) yield return $"{file.Path}: VPP calls {name}, which does not catch everything";
        }
    }

    /// <summary>How many functions of the file VPP calls.</summary>
    public static int Count(SourceFile file) => Entries(file).Count();

    /// <summary>Names and texts of the functions with the attribute, from the signature to the end.</summary>
    private static IEnumerable<(string Name, string Body)> Entries(SourceFile file)
    {
        string[] lines = file.Lines;
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].Contains("[UnmanagedCallersOnly", StringComparison.Ordinal)) continue;
            int first = i + 1;
            while (first < lines.Length - 1 && lines[first].TrimStart().StartsWith('[')) first++;
            int last = first;
            while (last < lines.Length - 1 && lines[last] != "    }" && !(lines[last].EndsWith(';') && !lines.AsSpan(first, last + 1 - first).Contains("    {"))) last++;
            yield return (FunctionName().Match(lines[first]).Groups[1].Value, string.Join('\n', lines[first..(last + 1)]));
        }
    }

    [GeneratedRegex(@"(\w+)\(")]
    private static partial Regex FunctionName();

    [GeneratedRegex(@"catch \(Exception\b")]
    private static partial Regex CatchAll();

    /// <summary>What stands in front of the guard can do nothing but take an argument or set a variable.</summary>
    [GeneratedRegex(@"\A[^{]*\{\s*(?:[\w<>*]+ \w+ = (?:[^;()]*|arguments->Next\w+\(\));\s*)*try\b")]
    private static partial Regex StartsWithTry();
}
