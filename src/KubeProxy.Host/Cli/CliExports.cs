using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Host.Border;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Cli;

/// <summary>The plugin's side of the command line: its commands join the host's tree, its output goes to whoever typed.</summary>
internal static unsafe class CliExports
{
    private static readonly StringBuilder Nowhere = new();

    private static StringBuilder? _output;

    internal static CommandTree Tree { get; } = new();

    [UnmanagedCallersOnly(EntryPoint = "vlib_cli_register", CallConvs = [typeof(CallConvCdecl)])]
    internal static clib_error_t* Register(vlib_main_t* vm, vlib_cli_command_t* command)
    {
        string path = string.Join(' ', Graph.Text(command->path).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string help = command->short_help == null ? "" : Graph.Text(command->short_help);
        nint native = (nint)command;
        bool added = Tree.TryRegister(new CliCommand(path, help, (rest, output) => Call((vlib_cli_command_t*)native, rest, output)));
        return added ? null : ClibError.Create($"duplicate command name with path {path}");
    }

    [UnmanagedCallersOnly(EntryPoint = "vlib_cli_output", CallConvs = [typeof(CallConvCdecl)])]
    internal static void Output(vlib_main_t* vm, byte* fmt, byte* argument)
    {
        StringBuilder output = _output ?? Nowhere;
        output.Append(FormatExports.ExpandText(fmt, argument));
        CommandTree.EndLine(output);
        if (output != Nowhere)
            return;
        HostLog.Notice(output.ToString().TrimEnd());
        output.Clear();
    }

    private static string Call(vlib_cli_command_t* command, string arguments, StringBuilder output)
    {
        if (command->function == null)
            throw new CliException("no sub-commands");
        unformat_input_t input;
        Unformat.Initialize(&input, Unbrace(arguments));
        _output = output;
        clib_error_t* error = command->function(MainThread.Vm, &input, command);
        _output = null;
        string rest = Unformat.Rest(&input);
        Unformat.Free(&input);
        if (ThreadExports.IsBarrierHeld)
            HostLog.Error($"command \"{Graph.Text(command->path)}\" returned with the worker barrier held");
        return ClibError.Take(error) is { } message ? throw new CliException(message) : rest;
    }

    private static string Unbrace(string arguments) =>
        arguments.StartsWith('{') && arguments.EndsWith('}') ? arguments[1..^1].Trim() : arguments;
}
