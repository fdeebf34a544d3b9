using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary><c>vlib_log_class_t vlib_log_register_class (char *class, char *subclass)</c>.</summary>
    /// <param name="class_name">Class, zero-terminated.</param>
    /// <param name="subclass_name">Subclass, zero-terminated, or null.</param>
    /// <returns>The class's number.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint vlib_log_register_class(byte* class_name, byte* subclass_name);

    /// <summary><c>void vlib_log (vlib_log_level_t level, vlib_log_class_t class, char *fmt, ...)</c> with one pointer, for <c>"%s"</c>.</summary>
    /// <param name="level">Level.</param>
    /// <param name="log_class">What <see cref="vlib_log_register_class"/> returned.</param>
    /// <param name="fmt">Format, zero-terminated.</param>
    /// <param name="arg">The argument.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_log(vlib_log_level_t level, uint log_class, byte* fmt, byte* arg);
}
