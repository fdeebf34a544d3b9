using System.CommandLine;
using System.Net.NetworkInformation;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Targets;

namespace KubeProxy.Fuzz;

/// <summary>The program's commands.</summary>
internal static class CommandLine
{
    private static readonly Option<int> Seed = new("--seed") { Description = "of every choice", DefaultValueFactory = _ => 1 };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "longest time", DefaultValueFactory = _ => 60 };
    private static readonly Option<long> Executions = new("--executions") { Description = "most executions", DefaultValueFactory = _ => long.MaxValue };
    private static readonly Option<string> Corpus = new("--corpus") { Description = "folder with a folder of inputs for each target", DefaultValueFactory = _ => Inputs.Corpus };
    private static readonly Option<string> Crashers = new("--crashers") { Description = "the same of what showed something once", DefaultValueFactory = _ => Inputs.Crashers };
    private static readonly Option<int> Findings = new("--findings") { Description = "the run ends after so many", DefaultValueFactory = _ => 8 };
    private static readonly Option<string> Output = new("--output") { Description = "folder for new inputs and crashers", DefaultValueFactory = _ => Inputs.NewOutput };
    private static readonly Option<bool> Blind = new("--blind") { Description = "heed no edges, to compare with" };

    public static RootCommand Build()
    {
        var root = new RootCommand("Coverage-guided fuzzing of KubeProxy.Core.");
        root.Add(BuildTargets());
        root.Add(BuildRun());
        root.Add(BuildLoop());
        root.Add(BuildReplay());
        root.Add(BuildMinimise());
        root.Add(BuildCover());
        root.Add(BuildPcap());
        return root;
    }

    private static Argument<string> TargetName(bool hasAll = false)
    {
        var name = new Argument<string>("target") { Description = hasAll ? "a target, or all" : "a target" };
        name.Validators.Add(result =>
        {
            string word = result.GetValueOrDefault<string>();
            if (!TargetList.Has(word) && !(hasAll && word == "all")) result.AddError($"no target \"{word}\"; there are {string.Join(", ", TargetList.Names)}");
        });
        return name;
    }

    private static Command BuildTargets()
    {
        var command = new Command("targets", "The names of all targets.");
        command.SetAction(_ => Console.WriteLine(string.Join('\n', TargetList.Names)));
        return command;
    }

    private static Command BuildRun()
    {
        Argument<string> target = TargetName(hasAll: true);
        var command = new Command("run", "Fuzzes; the exit status is 0 when nothing was found.") { target, Seed, Seconds, Executions, Corpus, Crashers, Findings, Output, Blind };
        command.SetAction(parsed => Fuzzing.Run(parsed.GetValue(target)!, name => Options(parsed, name)));
        return command;
    }

    private static Command BuildLoop()
    {
        Argument<string> target = TargetName();
        var state = new Option<string>("--state") { Required = true };
        var report = new Option<string>("--report") { Required = true };
        var command = new Command("loop", "The process that may die (run starts it).") { target, Seed, Seconds, Executions, Corpus, Crashers, Findings, Output, Blind, state, report };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(target)!;
            LoopOptions options = Options(parsed, name) with
            {
                State = parsed.GetValue(state)!,
                Corpus = parsed.GetValue(Corpus)!,
                Crashers = parsed.GetValue(Crashers)!,
                Output = parsed.GetValue(Output)!,
            };
            using IFuzzTarget made = TargetList.Make(name);
            using var loop = new FuzzLoop(made, options);
            ReportFile.Write(parsed.GetValue(report)!, loop.Run());
        });
        return command;
    }

    private static Command BuildReplay()
    {
        Argument<string> target = TargetName(hasAll: true);
        var files = new Argument<string[]>("file") { Description = "inputs; none: the corpus and all crashers" };
        var command = new Command("replay", "Runs inputs once, without instrumentation.") { target, files };
        command.SetAction(parsed => Fuzzing.Replay(parsed.GetValue(target)!, parsed.GetValue(files)!));
        return command;
    }

    private static Command BuildMinimise()
    {
        Argument<string> target = TargetName(hasAll: true);
        var from = new Argument<string>("folder") { Description = "what --output named" };
        var command = new Command("minimise", "Takes from the corpus and a run's new inputs as few as take all edges, into the corpus.") { target, from };
        command.SetAction(parsed => Fuzzing.Minimise(parsed.GetValue(target)!, parsed.GetValue(from)!));
        return command;
    }

    private static Command BuildCover()
    {
        Argument<string> target = TargetName();
        var corpus = new Argument<string>("corpus");
        var found = new Argument<string>("found");
        var command = new Command("cover", "The part of minimise over instrumented code (minimise starts it).") { target, corpus, found };
        command.Hidden = true;
        command.SetAction(parsed => Console.WriteLine(Minimiser.Cover(parsed.GetValue(target)!, parsed.GetValue(corpus)!, parsed.GetValue(found)!)));
        return command;
    }

    private static Command BuildPcap()
    {
        Argument<string> target = TargetName();
        var file = new Argument<string>("file") { Description = "pcap file to write" };
        var direction = new Option<PacketDirection>("--direction") { Description = "whose packets", DefaultValueFactory = _ => PacketDirection.Forward };
        var to = new Option<string>("--to") { Description = "the frames' destination", DefaultValueFactory = _ => "02:fe:00:00:00:01" };
        var from = new Option<string>("--from") { Description = "the frames' source", DefaultValueFactory = _ => "02:fe:00:00:00:02" };
        var command = new Command("pcap", "Writes the corpus' packets as Ethernet frames.") { target, file, direction, to, from };
        command.SetAction(parsed =>
        {
            byte[][] ends = [.. new[] { to, from }.Select(option => PhysicalAddress.Parse(parsed.GetValue(option)!.ToUpperInvariant().Replace(':', '-')).GetAddressBytes())];
            int count = PacketExport.Write(parsed.GetValue(target)!, parsed.GetValue(direction), parsed.GetValue(file)!, ends[0], ends[1]);
            Console.WriteLine($"{count} frames");
        });
        return command;
    }

    private static LoopOptions Options(ParseResult parsed, string target) => new()
    {
        Target = target,
        Seed = parsed.GetValue(Seed),
        Time = TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
        Executions = parsed.GetValue(Executions),
        Corpus = Path.Combine(parsed.GetValue(Corpus)!, target),
        Crashers = Path.Combine(parsed.GetValue(Crashers)!, target),
        MaxFindings = parsed.GetValue(Findings),
        Output = Path.Combine(parsed.GetValue(Output)!, target),
        IsBlind = parsed.GetValue(Blind),
    };
}
