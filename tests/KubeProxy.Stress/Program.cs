using System.CommandLine;
using KubeProxy.Stress;
using KubeProxy.Testbed;

RootCommand root = new("Long runs of the plugin in a real VPP, for what only time and number show.");
foreach (Command command in StressCommands.All())
    root.Subcommands.Add(command);
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (TestbedException exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    return 1;
}
