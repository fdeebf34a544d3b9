using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary><c>clib_error_t *vlib_cli_register (struct vlib_main_t *vm, vlib_cli_command_t *c)</c>: VPP copies the command, not its strings.</summary>
    /// <param name="vm">The main thread's main.</param>
    /// <param name="c">The command.</param>
    /// <returns>Null, or why not.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern clib_error_t* vlib_cli_register(vlib_main_t* vm, vlib_cli_command_t* c);

    /// <summary><c>void vlib_cli_output (struct vlib_main_t *vm, char *fmt, ...)</c> with one pointer, for <c>"%s"</c>: writes a line to the current CLI session.</summary>
    /// <param name="vm">The main thread's main.</param>
    /// <param name="fmt">Format, zero-terminated.</param>
    /// <param name="arg">The argument.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_cli_output(vlib_main_t* vm, byte* fmt, byte* arg);
}
