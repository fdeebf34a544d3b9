using System.Security.Cryptography;
using System.Text;
using KubeProxy.Testbed;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;

namespace KubeProxy.Mutation;

/// <summary>The sources of Core as the compiler reads them: lists their mutants, and compiles them with one of these.</summary>
public sealed class CoreSource
{
    private static readonly string Folder = Path.Combine(Artifacts.RepositoryRoot, "src", "KubeProxy.Core");
    private static readonly CSharpParseOptions Options = new(LanguageVersion.CSharp14, DocumentationMode.None);
    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _compilation;

    private CoreSource(Dictionary<string, SyntaxTree> trees, IEnumerable<SyntaxTree> generated)
    {
        _trees = trees;
        _compilation = CSharpCompilation.Create("KubeProxy.Core", [.. trees.Values, .. generated], References(), new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>Changes with every change of the sources: results of other sources are no results.</summary>
    public string Fingerprint => Convert.ToHexString(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Concat(_trees.OrderBy(tree => tree.Key, StringComparer.Ordinal).Select(tree => tree.Key + tree.Value)))))[..16];

    /// <summary>All mutants, in an order that only the sources decide.</summary>
    public IReadOnlyList<Mutant> Mutants => [.. _trees.OrderBy(tree => tree.Key, StringComparer.Ordinal).SelectMany(tree => In(tree.Key, tree.Value))];

    public static CoreSource Read()
    {
        string built = Path.Combine(Folder, "obj", "Release", "net10.0");
        Dictionary<string, SyntaxTree> trees = Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Name: Path.GetRelativePath(Folder, file), Path: file))
            .Where(file => file.Name.Split('/')[0] is not ("obj" or "bin"))
            .ToDictionary(file => file.Name, file => Parse(file.Path), StringComparer.Ordinal);
        return new CoreSource(trees, Directory.EnumerateFiles(built, "*.cs").Select(Parse));
    }

    /// <summary>Compiles Core with the mutant, or as it is; null if that is no program.</summary>
    public byte[]? Compile(Mutant? mutant)
    {
        CSharpCompilation compilation = _compilation;
        if (mutant is not null)
        {
            SyntaxTree tree = _trees[mutant.File];
            SyntaxNode root = tree.GetRoot().ReplaceNode(mutant.Before, mutant.After.WithTriviaFrom(mutant.Before));
            // Parsed anew: a tree put together by hand may say something else than its text.
            compilation = compilation.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(root.ToFullString(), Options, tree.FilePath, Encoding.UTF8));
        }

        using MemoryStream image = new();
        EmitResult result = compilation.Emit(image);
        if (mutant is null && !result.Success) throw new TestbedException($"Core does not compile: {result.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error)}");
        return result.Success ? image.ToArray() : null;
    }

    private static IEnumerable<Mutant> In(string file, SyntaxTree tree) =>
        from node in tree.GetRoot().DescendantNodes(node => !IsLeftOut(node))
        where !IsLeftOut(node)
        from replacement in Replacements.Of(node)
        let start = tree.GetLineSpan(node.Span).StartLinePosition
        select new Mutant(file, start.Line + 1, start.Character + 1, node, replacement.After, replacement.Kind);

    /// <summary>No test can tell these apart: attributes are for the compiler, and what is fetched ahead changes nothing but the time.</summary>
    private static bool IsLeftOut(SyntaxNode node) => node is AttributeListSyntax
        || (node is ExpressionStatementSyntax or IfStatementSyntax && node.ToString().Contains("Prefetch", StringComparison.Ordinal));

    private static SyntaxTree Parse(string path) => CSharpSyntaxTree.ParseText(File.ReadAllText(path), Options, path, Encoding.UTF8);

    private static IEnumerable<MetadataReference> References() => Directory
        .EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "System*.dll")
        .Select(path => MetadataReference.CreateFromFile(path));
}
