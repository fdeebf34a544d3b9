using System.Text.RegularExpressions;
using KubeProxy.Readme.Tests.Markdown;
using KubeProxy.Testbed.Hosts;
using Xunit;

namespace KubeProxy.Readme.Tests.Tour;

/// <summary>Every line that docs/commands.md shows to be refused leaves configuration and routes as they were.</summary>
public sealed partial class RefusedLineTests
{
    private const int FewestRefused = 40;
    private const string Embedded = "the embedded host";

    [Theory]
    [InlineData("VPP", 0)]
    [InlineData("VPP", 1)]
    [InlineData("VPP", 2)]
    [InlineData(Embedded, 0)]
    public void ALineThatTheReferenceShowsToBeRefusedChangesNothing(string name, int workers)
    {
        VppOptions options = new() { Workers = workers };
        string? missing = name == Embedded ? KuHost.Missing : VppHost.Missing(options);
        Assert.SkipWhen(missing is not null, missing ?? "");
        using IPacketHost host = name == Embedded ? KuHost.Start() : VppHost.Start(options);
        int refused = 0;
        foreach (ConsoleStep step in ConsoleBlock.StepsOf("docs/commands.md").Where(step => step.Prompt == ConsoleBlock.HostPrompt))
        {
            bool isRefused = step.Output.Count > 0 && Refusal().IsMatch(step.Output[0]);
            string before = isRefused ? HostState.Of(host) : "";
            string printed = host.Cli(step.Command);
            if (!isRefused)
                continue;
            Assert.Matches(Refusal(), printed);
            Assert.Equal(before, HostState.Of(host));
            refused++;
        }

        Assert.InRange(refused, FewestRefused, int.MaxValue);
    }

    /// <summary>An error begins with the command's path; a note and a table do not.</summary>
    [GeneratedRegex("^(show )?kube-proxy [a-z0-9 ]+: ")]
    private static partial Regex Refusal();
}
