using KubeProxy.Host.Border;
using KubeProxy.Host.Control;

namespace KubeProxy.Host;

internal static class Program
{
    private const string Usage = """
        usage: ku-host --plugin PATH --socket PATH [--pidfile PATH]     runs in the foreground until SIGTERM or SIGINT
               ku-host ctl -s SOCKET COMMAND...                         sends one command line and prints the answer

        """;

    private static int Main(string[] arguments)
    {
        if (arguments is ["ctl", ..])
            return ControlClient.Run(arguments[1..]);
        if (HostOptions.Parse(arguments) is not { } options)
        {
            HostLog.Write(2, Usage);
            return 2;
        }
        try
        {
            using HostProgram program = new(options);
            program.Run();
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            HostLog.Error(e.Message);
            return 1;
        }
    }
}
