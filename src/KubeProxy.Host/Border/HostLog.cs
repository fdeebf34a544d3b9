using System.Text;

namespace KubeProxy.Host.Border;

/// <summary>The host's own words on standard error. System.Console stays out: it would take over signals.</summary>
internal static class HostLog
{
    internal static void Notice(string text) => Line("notice", "ku-host", text);

    internal static void Warning(string text) => Line("warn", "ku-host", text);

    internal static void Error(string text) => Line("error", "ku-host", text);

    /// <summary>One line, in the form of VPP's log: level, class, text.</summary>
    internal static void Line(string level, string logClass, string text) =>
        Write(2, $"{DateTime.UtcNow:yyyy/MM/dd HH:mm:ss:fff} {level,-7} {logClass,-16} {text}\n");

    internal static void Write(int file, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        LibC.WriteAll(file, bytes);
    }
}
