using KubeProxy.Readme.Tests.Markdown;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using Xunit;

namespace KubeProxy.Readme.Tests.Tour;

/// <summary>
/// Types the <c>vpp# </c> lines of a document, one after the other, into a fresh host, and compares what it prints.
/// </summary>
public abstract class TourTests
{
    private const string EnableStream = "packet-generator enable-stream ";

    [Theory]
    [Trait("Defect", "D25")]
    [Trait("Defect", "A-25")]
    [InlineData("README.md")]
    [InlineData("docs/commands.md")]
    [InlineData("docs/counters.md")]
    public void EveryLineOfTheDocumentPrintsWhatIsShown(string document)
    {
        string? missing = Missing;
        Assert.SkipWhen(missing is not null, missing ?? "");

        // The lines name files from the repository's root, where their reader stands.
        Directory.SetCurrentDirectory(Artifacts.RepositoryRoot);
        foreach (ConsoleStep copy in ConsoleBlock.StepsOf("README.md").Where(step => step.Prompt == ConsoleBlock.ShellPrompt && step.Command.StartsWith("cp docs/tour/", StringComparison.Ordinal)))
            Tool.Run("cp", copy.Command.Split(' ')[1..]);
        List<string> differences = [];
        using IPacketHost host = Start();
        foreach (ConsoleStep step in ConsoleBlock.StepsOf(document).Where(step => step.Prompt == ConsoleBlock.HostPrompt))
        {
            string printed = host.Cli(step.Command);
            if (!IsNameOfNewInterface(step, printed) && PrintedText.Difference(step.Output, printed) is { } difference)
                differences.Add($"{step.Where}: {step.Command}\n{difference}");
            if (step.Command.StartsWith(EnableStream, StringComparison.Ordinal))
                WaitForTheEndOf(host, step.Command[EnableStream.Length..]);
        }

        Assert.True(differences.Count == 0, $"{host.Name} prints something else\n{string.Join("\n\n", differences)}");
    }

    protected abstract string? Missing { get; }

    protected abstract IPacketHost Start();

    /// <summary>Some hosts print the name of an interface that they create.</summary>
    private static bool IsNameOfNewInterface(ConsoleStep step, string printed) =>
        step.Command.StartsWith("create ", StringComparison.Ordinal) && step.Command.Split(' ').Contains(printed);

    private static void WaitForTheEndOf(IPacketHost host, string stream) => Wait.Until(
        () => Array.Exists(
            host.Cli("show packet-generator").Split('\n'),
            line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, "No", ..] && name == stream),
        TimeSpan.FromSeconds(10),
        $"stream {stream} to end");
}

public sealed class TourInVpp : TourTests
{
    private static readonly VppOptions Options = new();

    protected override string? Missing => VppHost.Missing(Options);

    protected override IPacketHost Start() => VppHost.Start(Options);
}

public sealed class TourInTheEmbeddedHost : TourTests
{
    protected override string? Missing => KuHost.Missing;

    protected override IPacketHost Start() => KuHost.Start();
}
