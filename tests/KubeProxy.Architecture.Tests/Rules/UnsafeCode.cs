using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>
/// How much of a file works on pointers. A line counts when a pointer is followed, taken, moved or named on it; the word
/// <c>unsafe</c> itself says little, as whole types bear it.
/// </summary>
public sealed record UnsafeCode(string Path, int PointerLines, int CodeLines)
{
    private static readonly SyntaxKind[] Pointers =
    [
        SyntaxKind.PointerType, SyntaxKind.FunctionPointerType, SyntaxKind.PointerIndirectionExpression, SyntaxKind.PointerMemberAccessExpression,
        SyntaxKind.AddressOfExpression, SyntaxKind.FixedStatement, SyntaxKind.StackAllocArrayCreationExpression, SyntaxKind.ImplicitStackAllocArrayCreationExpression,
    ];

    /// <summary>Null for a file without pointers.</summary>
    public static UnsafeCode? Of(SourceFile file)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.CSharp14));
        SyntaxNode root = tree.GetRoot();
        int pointerLines = LinesOf(tree, root.DescendantNodes().Where(node => Pointers.Contains(node.Kind())).Select(node => node.GetFirstToken()));
        return pointerLines == 0 ? null : new UnsafeCode(file.Path, pointerLines, LinesOf(tree, root.DescendantTokens()));
    }

    /// <summary>Lines that hold more than blanks and comments.</summary>
    public static int CodeLinesOf(SourceFile file)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.CSharp14));
        return LinesOf(tree, tree.GetRoot().DescendantTokens());
    }

    private static int LinesOf(SyntaxTree tree, IEnumerable<SyntaxToken> tokens) =>
        tokens.Where(token => !token.Span.IsEmpty).Select(token => tree.GetLineSpan(token.Span).StartLinePosition.Line).Distinct().Count();
}
