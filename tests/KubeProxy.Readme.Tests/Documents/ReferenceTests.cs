using System.Reflection;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Pipeline;
using KubeProxy.Readme.Tests.Markdown;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>docs/commands.md has every command, docs/counters.md every outcome.</summary>
public sealed class ReferenceTests
{
    /// <summary>The grammars: the commands' help texts.</summary>
    public static TheoryData<string> Grammars => [.. typeof(Command).Assembly.GetTypes()
        .Where(type => type.Namespace == typeof(Command).Namespace)
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public))
        .Where(constant => constant.IsLiteral && constant.Name.StartsWith("Help", StringComparison.Ordinal))
        .Select(constant => (string)constant.GetRawConstantValue()!)];

    public static TheoryData<string> Outcomes => [.. Enum.GetNames<Outcome>()];

    [Theory]
    [MemberData(nameof(Grammars))]
    public void ACommandsGrammarIsInTheReferenceAsItsHelpSaysIt(string grammar) =>
        Assert.Contains(grammar, MarkdownFiles.Read("docs/commands.md").Split('\n'));

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void AnOutcomeHasARowInTheListOfCounters(string outcome) =>
        Assert.Contains($"| `{outcome}` |", MarkdownFiles.Read("docs/counters.md"), StringComparison.Ordinal);
}
