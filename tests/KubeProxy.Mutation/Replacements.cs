using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxKind;

namespace KubeProxy.Mutation;

/// <summary>
/// What a place of the source may be changed to: the slips that a programmer makes. An operator is its neighbour, a bound is off by
/// one, a condition is the other way round, a number is the next one, a statement is forgotten.
/// </summary>
public static class Replacements
{
    private static readonly Dictionary<SyntaxKind, SyntaxKind[]> Binary = new()
    {
        [AddExpression] = [SubtractExpression],
        [SubtractExpression] = [AddExpression],
        [MultiplyExpression] = [DivideExpression],
        [DivideExpression] = [MultiplyExpression],
        [ModuloExpression] = [MultiplyExpression],
        [BitwiseAndExpression] = [BitwiseOrExpression],
        [BitwiseOrExpression] = [BitwiseAndExpression],
        [ExclusiveOrExpression] = [BitwiseAndExpression],
        [LeftShiftExpression] = [RightShiftExpression],
        [RightShiftExpression] = [LeftShiftExpression],
        [LogicalAndExpression] = [LogicalOrExpression],
        [LogicalOrExpression] = [LogicalAndExpression],
        [EqualsExpression] = [NotEqualsExpression],
        [NotEqualsExpression] = [EqualsExpression],
        [LessThanExpression] = [LessThanOrEqualExpression, GreaterThanOrEqualExpression],
        [LessThanOrEqualExpression] = [LessThanExpression, GreaterThanExpression],
        [GreaterThanExpression] = [GreaterThanOrEqualExpression, LessThanOrEqualExpression],
        [GreaterThanOrEqualExpression] = [GreaterThanExpression, LessThanExpression],
    };

    private static readonly Dictionary<SyntaxKind, SyntaxKind> Assignments = new()
    {
        [AddAssignmentExpression] = SubtractAssignmentExpression,
        [SubtractAssignmentExpression] = AddAssignmentExpression,
        [OrAssignmentExpression] = AndAssignmentExpression,
        [AndAssignmentExpression] = OrAssignmentExpression,
        [ExclusiveOrAssignmentExpression] = SimpleAssignmentExpression,
        [LeftShiftAssignmentExpression] = RightShiftAssignmentExpression,
        [RightShiftAssignmentExpression] = LeftShiftAssignmentExpression,
    };

    private static readonly Dictionary<SyntaxKind, SyntaxKind> Steps = new()
    {
        [PostIncrementExpression] = PostDecrementExpression,
        [PostDecrementExpression] = PostIncrementExpression,
        [PreIncrementExpression] = PreDecrementExpression,
        [PreDecrementExpression] = PreIncrementExpression,
    };

    /// <summary>Everything that the node alone may become, with a word for the kind of slip.</summary>
    public static IEnumerable<(SyntaxNode After, string Kind)> Of(SyntaxNode node) => node switch
    {
        BinaryExpressionSyntax binary when Binary.TryGetValue(binary.Kind(), out SyntaxKind[]? kinds) =>
            kinds.Select(kind => ((SyntaxNode)SyntaxFactory.BinaryExpression(kind, binary.Left, binary.Right), kind.ToString())),
        AssignmentExpressionSyntax assignment when Assignments.TryGetValue(assignment.Kind(), out SyntaxKind kind) =>
            [(SyntaxFactory.AssignmentExpression(kind, assignment.Left, assignment.Right), kind.ToString())],
        PostfixUnaryExpressionSyntax step when Steps.TryGetValue(step.Kind(), out SyntaxKind kind) =>
            [(SyntaxFactory.PostfixUnaryExpression(kind, step.Operand), kind.ToString())],
        PrefixUnaryExpressionSyntax step when Steps.TryGetValue(step.Kind(), out SyntaxKind kind) =>
            [(SyntaxFactory.PrefixUnaryExpression(kind, step.Operand), kind.ToString())],
        PrefixUnaryExpressionSyntax unary when unary.Kind() is LogicalNotExpression or UnaryMinusExpression or BitwiseNotExpression =>
            [(Bracketed(unary.Operand), "Without" + unary.Kind())],
        LiteralExpressionSyntax literal => Literals(literal),
        ConditionalExpressionSyntax choice => [(choice.WithWhenTrue(choice.WhenFalse).WithWhenFalse(choice.WhenTrue), "SwappedChoice")],
        IfStatementSyntax branch => [(branch.WithCondition(Not(branch.Condition)), "NegatedCondition")],
        WhileStatementSyntax loop => [(loop.WithCondition(Not(loop.Condition)), "NegatedCondition")],
        ExpressionStatementSyntax statement => [(SyntaxFactory.EmptyStatement(), "RemovedStatement")],
        ContinueStatementSyntax or BreakStatementSyntax when node.Parent is not SwitchSectionSyntax => [(SyntaxFactory.EmptyStatement(), "RemovedJump")],
        ReturnStatementSyntax { Expression: null } => [(SyntaxFactory.EmptyStatement(), "RemovedReturn")],
        _ => [],
    };

    private static IEnumerable<(SyntaxNode After, string Kind)> Literals(LiteralExpressionSyntax literal)
    {
        if (literal.IsKind(TrueLiteralExpression)) return [(SyntaxFactory.LiteralExpression(FalseLiteralExpression), "False")];
        if (literal.IsKind(FalseLiteralExpression)) return [(SyntaxFactory.LiteralExpression(TrueLiteralExpression), "True")];
        if (literal.IsKind(StringLiteralExpression) && literal.Token.ValueText.Length > 0)
            return [(SyntaxFactory.LiteralExpression(StringLiteralExpression, SyntaxFactory.Literal("")), "EmptyText")];
        if (!literal.IsKind(NumericLiteralExpression)) return [];
        string text = literal.Token.Text;
        string suffix = new([.. text.Reverse().TakeWhile(c => char.ToUpperInvariant(c) is 'U' or 'L').Reverse()]);
        if (text.Contains('.', StringComparison.Ordinal)) return [];
        ulong value = Convert.ToUInt64(literal.Token.Value, CultureInfo.InvariantCulture);
        string next = unchecked(value + 1).ToString(CultureInfo.InvariantCulture) + suffix;
        return [(SyntaxFactory.ParseExpression(next), "NextNumber")];
    }

    private static PrefixUnaryExpressionSyntax Not(ExpressionSyntax condition) => SyntaxFactory.PrefixUnaryExpression(LogicalNotExpression, Bracketed(condition));

    private static ParenthesizedExpressionSyntax Bracketed(ExpressionSyntax expression) => SyntaxFactory.ParenthesizedExpression(expression.WithoutTrivia());
}
