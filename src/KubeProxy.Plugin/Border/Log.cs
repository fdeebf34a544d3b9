using KubeProxy.Interop;

namespace KubeProxy.Plugin.Border;

/// <summary>VPP's log (<c>show logging</c>), class <c>kube-proxy</c>.</summary>
internal static unsafe class Log
{
    private static uint _class;

    /// <summary>Registers the class; before it texts go to class 0.</summary>
    public static void Open()
    {
        fixed (byte* name = "kube-proxy"u8, subclass = "plugin"u8) _class = Vlib.vlib_log_register_class(name, subclass);
    }

    /// <summary>Something went wrong.</summary>
    public static void Error(string text) => Write(vlib_log_level_t.VLIB_LOG_LEVEL_ERR, text);

    /// <summary>Something worth a line happened.</summary>
    public static void Notice(string text) => Write(vlib_log_level_t.VLIB_LOG_LEVEL_NOTICE, text);

    private static void Write(vlib_log_level_t level, string text)
    {
        fixed (byte* format = "%s"u8, bytes = NativeText.Terminated(text)) Vlib.vlib_log(level, _class, format, bytes);
    }
}
