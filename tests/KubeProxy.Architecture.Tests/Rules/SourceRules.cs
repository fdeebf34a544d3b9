using System.Text.RegularExpressions;

namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>Rules on the text of a source file; each answers with what is wrong.</summary>
public static partial class SourceRules
{
    private const int MaxLines = 300;
    private const int MaxFunctionLines = 70;
    private const string Core = "src/KubeProxy.Core";
    private static readonly string[] DataPath = [Core + "/Net", Core + "/Pipeline", Core + "/Sessions", Core + "/Snapshots", Core + "/Translation"];

    public static IEnumerable<string> Length(SourceFile file)
    {
        int count = file.Lines.Length - (file.Text.EndsWith('\n') ? 1 : 0);
        if (count > MaxLines) yield return $"{file.Path} has {count} lines";
    }

    /// <summary>Bodies of members of the file's types: from a brace four blanks in to its partner.</summary>
    public static IEnumerable<string> FunctionLength(SourceFile file)
    {
        string[] lines = file.Lines;
        int start = -1;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i] == "    {") start = i;
            if (lines[i] is not ("    }" or "    };") || start < 0) continue;
            bool isFunction = lines[Math.Max(0, start - 1)].TrimEnd().EndsWith(')');
            if (isFunction && i - start - 1 > MaxFunctionLines) yield return $"{file.Path}:{start} has {i - start - 1} lines in one function";
            start = -1;
        }
    }

    public static IEnumerable<string> NoForeignCodeInCore(SourceFile file) =>
        file.IsIn(Core) ? Matches(file, ForeignCode()) : [];

    public static IEnumerable<string> NoVppIdentifierInCore(SourceFile file) =>
        file.IsIn(Core) ? Matches(file, VppIdentifier()) : [];

    public static IEnumerable<string> NoInputOrOutputInCore(SourceFile file) =>
        file.IsIn(Core) ? Matches(file, InputOutput()) : [];

    /// <summary>Scratch is the worker's batch, never the stack; nothing is thrown, caught, or asked of a clock.</summary>
    public static IEnumerable<string> NoStackScratchOnTheDataPath(SourceFile file) =>
        DataPath.Any(file.IsIn) ? Matches(file, StackScratch()) : [];

    public static IEnumerable<string> SuppressionsSayWhy(SourceFile file)
    {
        if (file.IsIn("tests/KubeProxy.Architecture.Tests")) yield break;
        foreach (string violation in Matches(file, Suppression())) yield return violation;
    }

    /// <summary>
    /// A file of the plugin's own code declares the type that it is named for (<c>Type.Variant.cs</c> counts for
    /// <c>Type</c>).
    /// </summary>
    public static IEnumerable<string> NamedForItsType(SourceFile file)
    {
        if (!file.IsIn(Core) && !file.IsIn("src/KubeProxy.Plugin")) yield break;
        string name = Path.GetFileName(file.Path).Split('.')[0];
        bool hasTypes = TypeDeclaration().IsMatch(file.Text);
        bool hasIt = Regex.IsMatch(file.Text, $@"\b(class|struct|interface|enum|record|delegate)\b[^;{{]*\b{Regex.Escape(name)}\b");
        if (hasTypes && !hasIt && name != "Program") yield return $"{file.Path} declares no {name}";
    }

    /// <summary>Core's namespaces follow its folders.</summary>
    public static IEnumerable<string> NamespaceIsFolder(SourceFile file)
    {
        if (!file.IsIn(Core)) yield break;
        string folder = Path.GetDirectoryName(file.Path)!.Replace('\\', '/');
        string expected = folder["src/".Length..].Replace('/', '.');
        if (NamespaceLine().Match(file.Text) is { Success: true } match && match.Groups[1].Value != expected)
            yield return $"{file.Path} is in namespace {match.Groups[1].Value}";
    }

    private static IEnumerable<string> Matches(SourceFile file, Regex pattern)
    {
        string[] lines = file.Lines;
        for (int i = 0; i < lines.Length; i++)
            if (pattern.IsMatch(lines[i])) yield return $"{file.Path}:{i + 1}: {lines[i].Trim()}";
    }

    [GeneratedRegex(@"\b(DllImport|LibraryImport|UnmanagedCallersOnly|NativeLibrary|extern)\b")]
    private static partial Regex ForeignCode();

    [GeneratedRegex(@"\b(vlib|vnet|clib|fib|dpo|unformat|vppinfra|vl_api|load_balance|vec)_\w+|\bsw_if_index\b|KubeProxy\.Interop")]
    private static partial Regex VppIdentifier();

    [GeneratedRegex(@"\b(Console|File|Directory|Socket|Process|Environment|Thread|Task|DateTime|Stopwatch)\.|System\.(IO|Diagnostics|Threading\.Tasks)\b")]
    private static partial Regex InputOutput();

    [GeneratedRegex(@"\bstackalloc\b|\bthrow\b|\bcatch\b|\block\s*\(|\bDateTime\b|\bStopwatch\b")]
    private static partial Regex StackScratch();

    [GeneratedRegex(@"#pragma\s+warning\s+disable|\[(assembly:\s*)?(UnconditionalSuppressMessage|SuppressMessage)\((?!.*Justification\s*=\s*"".+"")")]
    private static partial Regex Suppression();

    [GeneratedRegex(@"^\s*(public|internal|file)[\w\s]*\b(class|struct|interface|enum|record)\b", RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
