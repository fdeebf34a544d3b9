using System.CommandLine;
using KubeProxy.Bench.Vpp;
using KubeProxy.Testbed;

RootCommand root = new("Measures the plugin in a real VPP with its packet generator.");
root.Subcommands.Add(ClocksCommand.Create());
root.Subcommands.Add(TargetsCommand.Create());
root.Subcommands.Add(AllocationsCommand.Create());
root.Subcommands.Add(ScaleCommand.Create());
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (TestbedException exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    return 1;
}
