using System.Text;
using KubeProxy.Host.Vlib;

namespace KubeProxy.Host.Cli;

internal static unsafe class TraceCommands
{
    private const int DefaultShown = 50;

    internal static void Register(CommandTree tree)
    {
        HostCommands.Add(tree, "trace add", "trace add <input node> <packets>", Add);
        HostCommands.Add(tree, "show trace", "show trace [max <n>]", Show);
        HostCommands.Add(tree, "clear trace", "clear trace", (_, _) => Tracer.Clear());
    }

    private static void Add(CliArguments arguments, StringBuilder output)
    {
        string name = arguments.Word("NODE COUNT");
        if (Graph.Find(name) is not { } node)
            throw new CliException($"expected NODE COUNT, got `{name}'");
        uint count = arguments.Number("COUNT");
        if (!name.EndsWith("-input", StringComparison.Ordinal) || node.Managed == null)
            throw new CliException($"node '{name}' doesn't support per-node tracing.");
        Tracer.Add(node.Index, count);
    }

    private static void Show(CliArguments arguments, StringBuilder output)
    {
        int max = arguments.TryWord("max") ? (int)arguments.Number("a number of packets") : DefaultShown;
        arguments.ExpectEnd();
        output.Append(Tracer.Show(max));
    }
}
