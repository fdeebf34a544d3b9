using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>VPP's log: classes by number (class in the upper, subclass in the lower half), lines on standard error.</summary>
internal static unsafe class LogExports
{
    private static readonly List<(string Class, string Subclass)> Classes = [("", "")];

    private static readonly string[] Levels = ["unknown", "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "disabled"];

    [UnmanagedCallersOnly(EntryPoint = "vlib_log_register_class", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint RegisterClass(byte* name, byte* subclass)
    {
        Classes.Add((Graph.Text(name), subclass == null ? "" : Graph.Text(subclass)));
        return (uint)(Classes.Count - 1) << 16;
    }

    [UnmanagedCallersOnly(EntryPoint = "vlib_log", CallConvs = [typeof(CallConvCdecl)])]
    internal static void Log(uint level, uint logClass, byte* fmt, byte* argument)
    {
        if (level >= (uint)vlib_log_level_t.VLIB_LOG_LEVEL_DEBUG)
            return;
        int index = (int)(logClass >> 16);
        (string name, string subclass) = index < Classes.Count ? Classes[index] : ("?", "");
        HostLog.Line(Levels[level], subclass.Length == 0 ? name : $"{name}/{subclass}", FormatExports.ExpandText(fmt, argument));
    }
}
