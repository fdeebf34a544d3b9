using Microsoft.CodeAnalysis;

namespace KubeProxy.Mutation;

/// <summary>One change of one place of Core: <paramref name="Before"/> becomes <paramref name="After"/>.</summary>
/// <param name="File">Path below Core's folder.</param>
/// <param name="Line">1-based.</param>
public sealed record Mutant(string File, int Line, int Column, SyntaxNode Before, SyntaxNode After, string Kind)
{
    /// <summary>Names the mutant as long as its file's text does not change.</summary>
    public string Id => $"{File}:{Line}:{Column}:{Kind}";

    public override string ToString() => $"{File}:{Line}: {Kind}: {OneLine(Before)} => {OneLine(After)}";

    private static string OneLine(SyntaxNode node)
    {
        string text = string.Join(' ', node.ToString().Split((char[])[' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));
        return text.Length == 0 ? "nothing" : text.Length > 90 ? text[..90] + "..." : text;
    }
}
