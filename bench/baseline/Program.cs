using System.CommandLine;
using KubeProxy.Bench.Baseline;

Option<int[]> flows = new("--flows")
{
    Description = "Numbers of flows.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [1_000, 100_000, 1_000_000],
};
Option<int> rounds = new("--rounds") { Description = "Pairs of samples, C# and C, for each row.", DefaultValueFactory = _ => 100 };
RootCommand root = new("Core's IPv4 pipeline, compiled as the plugin is, beside the same algorithm in C.") { flows, rounds };
root.SetAction(line => Comparison.Run(line.GetRequiredValue(flows), line.GetRequiredValue(rounds)));

Argument<string> way = new("way") { Description = "What to run." };
way.AcceptOnlyFromAmong(Batches.Ways);
Argument<int> count = new("batches") { Description = "How often." };
Command batches = new("batches", "Runs one way over so many batches of a thousand flows, for who counts its instructions.") { way, count };
batches.SetAction(line => Batches.Run(line.GetRequiredValue(way), line.GetRequiredValue(count)));
root.Subcommands.Add(batches);
return root.Parse(args).Invoke();
