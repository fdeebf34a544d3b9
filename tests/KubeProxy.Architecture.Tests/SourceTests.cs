using KubeProxy.Architecture.Tests.Rules;
using Xunit;

namespace KubeProxy.Architecture.Tests;

/// <summary>Rules on source files; a planted violation of each shows that it bites.</summary>
public sealed class SourceTests
{
    private static readonly Dictionary<string, Func<SourceFile, IEnumerable<string>>> Rules = new(StringComparer.Ordinal)
    {
        [nameof(SourceRules.Length)] = SourceRules.Length,
        [nameof(SourceRules.FunctionLength)] = SourceRules.FunctionLength,
        [nameof(SourceRules.NoForeignCodeInCore)] = SourceRules.NoForeignCodeInCore,
        [nameof(SourceRules.NoVppIdentifierInCore)] = SourceRules.NoVppIdentifierInCore,
        [nameof(SourceRules.NoInputOrOutputInCore)] = SourceRules.NoInputOrOutputInCore,
        [nameof(SourceRules.NoStackScratchOnTheDataPath)] = SourceRules.NoStackScratchOnTheDataPath,
        [nameof(SourceRules.SuppressionsSayWhy)] = SourceRules.SuppressionsSayWhy,
        [nameof(SourceRules.NamedForItsType)] = SourceRules.NamedForItsType,
        [nameof(SourceRules.NamespaceIsFolder)] = SourceRules.NamespaceIsFolder,
        [nameof(BorderRules.EntriesAreGuarded)] = BorderRules.EntriesAreGuarded,
    };

    public static TheoryData<string> RuleNames => [.. Rules.Keys];

    [Theory]
    [Trait("Check", "RT-04")]
    [Trait("Defect", "A-22")]
    [MemberData(nameof(RuleNames))]
    public void EveryFileKeepsTheRule(string rule)
    {
        IReadOnlyList<SourceFile> files = Repository.Files(".cs");
        Assert.True(files.Count > 50);
        string[] violations = [.. files.Where(file => !file.Path.Contains("/Planted/", StringComparison.Ordinal)).SelectMany(Rules[rule])];
        Assert.True(violations.Length == 0, string.Join('\n', violations));
    }

    [Theory]
    [InlineData(nameof(SourceRules.NoForeignCodeInCore), "src/KubeProxy.Core/Net/A.cs", "[DllImport(\"libc\")]")]
    [InlineData(nameof(SourceRules.NoForeignCodeInCore), "src/KubeProxy.Core/Net/A.cs", "static extern int getpid();")]
    [InlineData(nameof(SourceRules.NoVppIdentifierInCore), "src/KubeProxy.Core/Net/A.cs", "vlib_buffer_t* b;")]
    [InlineData(nameof(SourceRules.NoVppIdentifierInCore), "src/KubeProxy.Core/Net/A.cs", "uint sw_if_index;")]
    [InlineData(nameof(SourceRules.NoInputOrOutputInCore), "src/KubeProxy.Core/Commands/A.cs", "Console.WriteLine();")]
    [InlineData(nameof(SourceRules.NoInputOrOutputInCore), "src/KubeProxy.Core/Commands/A.cs", "using System.IO;")]
    [InlineData(nameof(SourceRules.NoStackScratchOnTheDataPath), "src/KubeProxy.Core/Pipeline/A.cs", "int* a = stackalloc int[4];")]
    [InlineData(nameof(SourceRules.NoStackScratchOnTheDataPath), "src/KubeProxy.Core/Sessions/A.cs", "lock (this) { }")]
    [InlineData(nameof(SourceRules.SuppressionsSayWhy), "src/KubeProxy.Host/A.cs", "#pragma warning disable CA1822")]
    [InlineData(nameof(SourceRules.SuppressionsSayWhy), "src/KubeProxy.Host/A.cs", "[SuppressMessage(\"Design\", \"CA1822\")]")]
    [InlineData(nameof(SourceRules.NamedForItsType), "src/KubeProxy.Core/Net/A.cs", "public static class B;")]
    [InlineData(nameof(SourceRules.NamespaceIsFolder), "src/KubeProxy.Core/Net/A.cs", "namespace KubeProxy.Core.Pipeline;")]
    [InlineData(nameof(BorderRules.EntriesAreGuarded), "src/KubeProxy.Plugin/Nodes/A.cs", "    [UnmanagedCallersOnly]\n    public static int B(int c) => D(c);")]
    [InlineData(nameof(BorderRules.EntriesAreGuarded), "src/KubeProxy.Plugin/Nodes/A.cs", "    [UnmanagedCallersOnly]\n    public static int B(int c)\n    {\n        try { D(); } catch (IOException) { }\n    }")]
    [InlineData(nameof(BorderRules.EntriesAreGuarded), "src/KubeProxy.Plugin/Nodes/A.cs", "    [UnmanagedCallersOnly]\n    public static int B(int c)\n    {\n        D();\n        try { D(); } catch (Exception) { }\n    }")]
    public void AViolationIsFound(string rule, string path, string text) => Assert.NotEmpty(Rules[rule](new SourceFile(path, text)));

    [Theory]
    [InlineData(nameof(SourceRules.NoForeignCodeInCore), "src/KubeProxy.Plugin/Border/A.cs", "[DllImport(\"libc\")]")]
    [InlineData(nameof(SourceRules.SuppressionsSayWhy), "src/KubeProxy.Host/A.cs", "[SuppressMessage(\"Design\", \"CA1822\", Justification = \"because\")]")]
    [InlineData(nameof(SourceRules.NamedForItsType), "src/KubeProxy.Core/Net/A.Scalar.cs", "public static partial class A;")]
    [InlineData(nameof(SourceRules.NamedForItsType), "src/KubeProxy.Core/Net/A.cs", "public readonly record struct A(int B);")]
    [InlineData(nameof(SourceRules.NamespaceIsFolder), "src/KubeProxy.Core/Net/A.cs", "namespace KubeProxy.Core.Net;")]
    [InlineData(nameof(BorderRules.EntriesAreGuarded), "src/KubeProxy.Plugin/Nodes/A.cs", "    [UnmanagedCallersOnly]\n    public static int B(int c)\n    {\n        try { D(); } catch (Exception) { }\n    }")]
    [InlineData(nameof(BorderRules.EntriesAreGuarded), "src/KubeProxy.Plugin/Nodes/A.cs", "    [UnmanagedCallersOnly]\n    public static int B(int c) =>\n        NodeBody<D>.Run(c);")]
    public void WhatIsAllowedIsNotFound(string rule, string path, string text) => Assert.Empty(Rules[rule](new SourceFile(path, text)));

    /// <summary>The rule sees the functions at all.</summary>
    [Fact]
    public void VppCallsMoreThanThirtyFunctions() => Assert.True(Repository.Files(".cs").Where(file => file.IsIn("src/KubeProxy.Plugin")).Sum(BorderRules.Count) > 30);

    [Fact]
    public void AFileThatIsTooLongIsFound()
    {
        Assert.NotEmpty(SourceRules.Length(new SourceFile("src/A.cs", string.Concat(Enumerable.Repeat("x\n", 301)))));
        Assert.Empty(SourceRules.Length(new SourceFile("src/A.cs", string.Concat(Enumerable.Repeat("x\n", 300)))));
    }

    [Fact]
    public void AFunctionThatIsTooLongIsFound()
    {
        Assert.NotEmpty(SourceRules.FunctionLength(new SourceFile("src/A.cs", Function(71))));
        Assert.Empty(SourceRules.FunctionLength(new SourceFile("src/A.cs", Function(70))));
    }

    private static string Function(int length) =>
        "    void A()\n    {\n" + string.Concat(Enumerable.Repeat("        B();\n", length)) + "    }\n";
}
