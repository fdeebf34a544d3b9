using System.CommandLine;
using KubeProxy.Bench;
using KubeProxy.Bench.Checks;

Command check = new("check-allocations", "Runs every benchmark briefly: none may allocate more managed bytes than bench/expected-allocations.json says.");
check.SetAction(_ => new AllocationCheck(ExpectedAllocations.Load()).Run());

RootCommand root = new("Measures Core's kernels.");
root.Subcommands.Add(RunCommand.Create());
root.Subcommands.Add(check);
return root.Parse(args).Invoke();
