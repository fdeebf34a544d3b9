using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Cli;

/// <summary>The commands in VPP's command line. They run on the main thread, on a coroutine stack of VPP, and never suspend.</summary>
internal static unsafe class CliRegistration
{
    private static Command[] _commands = [];

    /// <summary>Registers every command of the registry.</summary>
    public static void RegisterAll(vlib_main_t* vm, CommandRegistry registry)
    {
        _commands = [.. registry.Commands];
        for (int i = 0; i < _commands.Length; i++)
        {
            vlib_cli_command_t* command = (vlib_cli_command_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_cli_command_t));
            command->path = NativeText.Forever(_commands[i].Path);
            command->short_help = NativeText.Forever(_commands[i].Help);
            command->function = &Run;
            command->function_arg = (nuint)i;

            // VPP would hold the barrier around the whole command, also around one that reads. It is ours to take: once
            // at most, and only where something needs it (invariant CFG-9).
            command->is_mp_safe = 1;
            if (Vlib.vlib_cli_register(vm, command) != null)
                throw new InvalidOperationException($"VPP refused the command {_commands[i].Path}");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static clib_error_t* Run(vlib_main_t* vm, unformat_input_t* input, vlib_cli_command_t* command)
    {
        try
        {
            string output = _commands[(int)command->function_arg].Run(ReadLine(input));
            if (output.Length != 0) Print(vm, output);
            return null;
        }
        catch (CommandException error)
        {
            return Fail(vm, (int)command->function_arg, error.Message);
        }
        catch (Exception error)
        {
            Log.Error(error.ToString());
            return Fail(vm, (int)command->function_arg, $"internal error: {error.GetType().Name}: {error.Message}");
        }
    }

    /// <summary>
    /// Where a command's words continue another command's (<c>show kube-proxy vip</c>), VPP answers an error by running
    /// the shorter command and loses the text: there the error is printed as VPP would print it.
    /// </summary>
    private static clib_error_t* Fail(vlib_main_t* vm, int index, string text)
    {
        string path = _commands[index].Path;
        foreach (Command other in _commands)
        {
            if (!path.StartsWith(other.Path + " ", StringComparison.Ordinal)) continue;
            Print(vm, $"{path}: {text}");
            return null;
        }

        return Error(text);
    }

    private static string ReadLine(unformat_input_t* input)
    {
        unformat_input_t line;
        ulong argument = (ulong)&line;
        VaList list = VaList.Over(&argument);
        if (Clib.unformat_line_input(input, &list) == 0) return string.Empty;
        string text = Encoding.UTF8.GetString(line.buffer + line.index, (int)(Clib.vec_len(line.buffer) - line.index));
        Clib.unformat_free(&line);
        return text;
    }

    private static void Print(vlib_main_t* vm, string text)
    {
        fixed (byte* format = "%s"u8, bytes = NativeText.Terminated(text)) Vlib.vlib_cli_output(vm, format, bytes);
    }

    private static clib_error_t* Error(string text)
    {
        fixed (byte* format = "%s"u8, bytes = NativeText.Terminated(text))
            return Clib._clib_error_return(null, 0, 0, null, format, bytes);
    }
}
