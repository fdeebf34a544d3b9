using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Targets;
using Xunit;

namespace KubeProxy.Fuzz.Tests;

/// <summary>Every target's corpus and crashers run without a finding, and some seconds of new inputs too. <c>./build.sh fuzz all 1</c> is the same for a minute each.</summary>
public sealed class TargetTests(ITestOutputHelper output)
{
    private const int LeastEdges = 500;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);

    public static TheoryData<string> Targets => [.. TargetList.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void ItsCorpusAndItsCrashersShowNothingAndNoNewInputDoes(string target)
    {
        using var folder = new OutputFolder();
        var options = new LoopOptions
        {
            Target = target,
            Time = Time,
            Corpus = Path.Combine(Inputs.Corpus, target),
            Crashers = Path.Combine(Inputs.Crashers, target),
            Output = folder.Path,
        };
        LoopReport report = new Supervisor(options).Run();
        output.WriteLine($"{target}: {report.Executions} executions, {report.Edges} edges, corpus {report.Corpus}, {report.Added} new");
        Assert.Empty(report.Findings);
        Assert.True(report.Executions > Fuzzing.FilesOf(target).Length, $"only {report.Executions} executions");
        Assert.True(report.Edges > LeastEdges, $"only {report.Edges} edges");
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void ItsCorpusIsThereAndSmall(string target)
    {
        string[] files = Directory.GetFiles(Path.Combine(Inputs.Corpus, target));
        Assert.InRange(files.Length, 30, 200);
        Assert.InRange(files.Sum(file => new FileInfo(file).Length), 1, 120_000);
        Assert.All(files, file => Assert.Equal(CorpusFolder.NameOf(File.ReadAllBytes(file)), Path.GetFileName(file)));
    }
}
