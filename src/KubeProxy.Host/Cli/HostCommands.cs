using System.Text;

namespace KubeProxy.Host.Cli;

/// <summary>The host's own commands: the subset of VPP's that tests and the demonstration need, in VPP's words.</summary>
internal static class HostCommands
{
    internal static void Register(CommandTree tree)
    {
        InterfaceCommands.Register(tree);
        RouteCommands.Register(tree);
        PgCommands.Register(tree);
        ShowCommands.Register(tree);
        TraceCommands.Register(tree);
    }

    /// <summary>A command that reads all of its line.</summary>
    /// <exception cref="InvalidOperationException">The plugin has a command of that path.</exception>
    internal static void Add(CommandTree tree, string path, string help, Action<CliArguments, StringBuilder> run)
    {
        bool added = tree.TryRegister(new CliCommand(path, help, (rest, output) =>
        {
            CliArguments arguments = new(rest);
            run(arguments, output);
            arguments.ExpectEnd();
            return "";
        }));
        if (!added)
            throw new InvalidOperationException($"command \"{path}\" exists twice");
    }

    internal static Vnet.Interface Interface(CliArguments arguments)
    {
        string name = arguments.Word("an interface");
        return Vnet.Interfaces.Find(name) ?? throw arguments.Back().Unknown();
    }
}
