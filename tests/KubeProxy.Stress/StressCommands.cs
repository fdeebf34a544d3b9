using System.CommandLine;
using KubeProxy.Stress.Churn;
using KubeProxy.Stress.Commands;
using KubeProxy.Stress.Flood;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Packets;
using KubeProxy.Stress.Soak;
using KubeProxy.Testbed;

namespace KubeProxy.Stress;

/// <summary>The words behind <c>./build.sh stress</c>.</summary>
internal static class StressCommands
{
    private static readonly Option<int> Seed = new("--seed") { Description = "Where chance starts; the same seed makes the same run.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int[]> Workers = new("--workers")
    {
        Description = "Numbers of VPP's workers; one run for each.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [0, 1, 2],
    };

    private static readonly Option<string> Json = new("--json") { Description = "Write figures and gates into this file." };
    private static readonly Option<double> Millions = new("--millions") { Description = "Millions of packets of each run; a tenth of them where packets are cut.", DefaultValueFactory = _ => 10 };
    private static readonly Option<string> Corpus = new("--corpus") { Description = "A folder of pcap files to send besides." };
    private static readonly Option<string> Cuts = new("--cuts") { Description = "Packets whole, cut into two buffers, or one run for each: whole, cut, both.", DefaultValueFactory = _ => "both" };

    private static readonly Option<int> Lines = new("--lines") { Description = "Command lines of each run.", DefaultValueFactory = _ => 50_000 };

    private static readonly Option<double> Seconds = new("--seconds") { Description = "How long.", DefaultValueFactory = _ => 60 };
    private static readonly Option<double> Minutes = new("--minutes") { Description = "How long.", DefaultValueFactory = _ => 30 };
    private static readonly Option<int> Buckets = new("--buckets") { Description = "Buckets of the session tables.", DefaultValueFactory = _ => 4096 };
    private static readonly Option<int> OneWorkers = new("--workers") { Description = "Workers of VPP.", DefaultValueFactory = _ => 2 };

    public static IEnumerable<Command> All()
    {
        yield return PacketsCommand();
        yield return LinesCommand();
        yield return ConsolesCommand();
        yield return ChurnCommand();
        yield return FloodCommand();
        yield return CollectionCommand();
        yield return SoakCommand();
        yield return AllCommand();
    }

    private static Command FloodCommand()
    {
        Command command = new("flood", "New flows without end while connections go on.") { Seconds, OneWorkers, Buckets, Seed, Json };
        command.SetAction(line => Finish(line, [Guarded(() => FloodStress.Run(
            new FloodPlan(TimeSpan.FromSeconds(line.GetValue(Seconds)), line.GetValue(OneWorkers), line.GetValue(Seed)) { Buckets = line.GetValue(Buckets) }))]));
        return command;
    }

    private static Command CollectionCommand()
    {
        Command command = new("gc", "Garbage collected while workers forward.") { Seconds, OneWorkers, Json };
        command.SetAction(line => Finish(line, [Guarded(() => CollectionStress.Run(new CollectionPlan(TimeSpan.FromSeconds(line.GetValue(Seconds)), line.GetValue(OneWorkers))))]));
        return command;
    }

    private static Command SoakCommand()
    {
        Command command = new("soak", "Everything together for a long time: does anything grow?") { Minutes, OneWorkers, Seed, Json };
        command.SetAction(line => Finish(line, [Guarded(() => SoakStress.Run(new SoakPlan(TimeSpan.FromMinutes(line.GetValue(Minutes)), line.GetValue(OneWorkers), line.GetValue(Seed))))]));
        return command;
    }

    /// <summary>All but the soak, at their usual length.</summary>
    private static Command AllCommand()
    {
        Command command = new("all", "packets, commands, consoles, churn, flood and gc, one after the other.") { Millions, Lines, Workers, Cuts, Corpus, Seconds, Buckets, Seed, Json };
        command.SetAction(line =>
        {
            TimeSpan duration = TimeSpan.FromSeconds(line.GetValue(Seconds));
            int seed = line.GetValue(Seed);
            return Finish(line,
            [
                .. PacketRuns(line), .. CommandRuns(line), .. ConsoleRuns(line),
                .. line.GetRequiredValue(Workers).Select(workers => Guarded(() => ChurnStress.Run(new ChurnPlan(duration, workers, seed)))),
                .. line.GetRequiredValue(Workers).Select(workers => Guarded(() => FloodStress.Run(new FloodPlan(duration, workers, seed) { Buckets = line.GetValue(Buckets) }))),
                .. line.GetRequiredValue(Workers).Select(workers => Guarded(() => CollectionStress.Run(new CollectionPlan(duration, workers)))),
            ]);
        });
        return command;
    }

    private static IEnumerable<Report> CommandRuns(ParseResult line) => line.GetRequiredValue(Workers)
        .Select(workers => Guarded(() => CommandStress.Run(new CommandPlan(line.GetValue(Lines), workers, line.GetValue(Seed)))));

    private static Command ChurnCommand()
    {
        Command command = new("churn", "Pods and services come and go under traffic.") { Seconds, OneWorkers, Seed, Json };
        command.SetAction(line => Finish(line, [Guarded(() => ChurnStress.Run(new ChurnPlan(TimeSpan.FromSeconds(line.GetValue(Seconds)), line.GetValue(OneWorkers), line.GetValue(Seed))))]));
        return command;
    }

    private static Command ConsolesCommand()
    {
        Command command = new("consoles", "Garbage from eight consoles at once, under traffic.") { Seconds, Workers, Seed, Json };
        command.SetAction(line => Finish(line, ConsoleRuns(line)));
        return command;
    }

    private static IEnumerable<Report> ConsoleRuns(ParseResult line) => line.GetRequiredValue(Workers)
        .Select(workers => Guarded(() => ConsoleStress.Run(new ConsolePlan(TimeSpan.FromSeconds(line.GetValue(Seconds)), workers, line.GetValue(Seed)))));

    private static Command LinesCommand()
    {
        Command command = new("commands", "Command lines from the grammar of every command, most of them spoilt.") { Lines, Workers, Seed, Json };
        command.SetAction(line => Finish(line, line.GetRequiredValue(Workers).Select(workers => Guarded(() => CommandStress.Run(new CommandPlan(line.GetValue(Lines), workers, line.GetValue(Seed)))))));
        return command;
    }

    private static Command PacketsCommand()
    {
        Command command = new("packets", "Spoilt packets of every kind into a real VPP.") { Millions, Workers, Cuts, Corpus, Seed, Json };
        command.SetAction(line => Finish(line, PacketRuns(line)));
        return command;
    }

    private static IEnumerable<Report> PacketRuns(ParseResult line)
    {
        string[] corpus = line.GetValue(Corpus) is { } folder ? [.. Directory.GetFiles(folder, "*.pcap").Order()] : [];
        bool[] cuts = line.GetValue(Cuts) switch { "whole" => [false], "cut" => [true], _ => [false, true] };
        return from workers in line.GetRequiredValue(Workers)
               from isCut in cuts
               select Guarded(() => PacketStress.Run(new PacketPlan((long)(line.GetValue(Millions) * 1e6 / (isCut ? 10 : 1)), workers, isCut, line.GetValue(Seed)) { Corpus = corpus }));
    }

    /// <summary>A run that VPP did not live through is a report too.</summary>
    private static Report Guarded(Func<Report> run)
    {
        try
        {
            return run();
        }
        catch (TestbedException exception)
        {
            Report report = new("a run that came to no end");
            report.Demand("VPP lives and answers", isPassed: false, exception.Message);
            return report;
        }
    }

    /// <summary>Runs one after the other, each told as soon as it is over.</summary>
    private static int Finish(ParseResult line, IEnumerable<Report> runs)
    {
        List<Report> reports = [];
        foreach (Report report in runs)
        {
            Console.WriteLine(report);
            reports.Add(report);
        }

        if (line.GetValue(Json) is { Length: > 0 } file)
            JsonReport.Write(file, reports);
        bool isPassed = reports.All(report => report.IsPassed);
        Console.WriteLine(isPassed ? "all gates passed" : "a gate FAILED");
        return isPassed ? 0 : 1;
    }
}
