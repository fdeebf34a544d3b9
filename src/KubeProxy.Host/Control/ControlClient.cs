using KubeProxy.Host.Border;

namespace KubeProxy.Host.Control;

/// <summary><c>ku-host ctl -s SOCKET COMMAND...</c>: sends one line and prints what comes back.</summary>
internal static unsafe class ControlClient
{
    private const int ReadBytes = 4096;

    /// <summary>The exit status: 0 whatever the command said, 1 if nobody answered.</summary>
    internal static int Run(string[] arguments)
    {
        if (arguments.Length < 3 || arguments[0] is not ("-s" or "--socket"))
        {
            HostLog.Write(2, "usage: ku-host ctl -s SOCKET COMMAND...\n");
            return 2;
        }
        try
        {
            int file = UnixSocket.Connect(arguments[1]);
            return Ask(file, string.Join(' ', arguments[2..]));
        }
        catch (IOException e)
        {
            HostLog.Write(2, $"ku-host ctl: {e.Message}\n");
            return 1;
        }
    }

    private static int Ask(int file, string line)
    {
        byte[] request = System.Text.Encoding.UTF8.GetBytes(line.ReplaceLineEndings(" ") + '\n');
        if (!LibC.WriteAll(file, request))
            return 1;
        byte* bytes = stackalloc byte[ReadBytes];
        nint n;
        while ((n = LibC.Read(file, bytes, ReadBytes)) > 0)
        {
            ReadOnlySpan<byte> part = new(bytes, (int)n);
            int end = part.IndexOf((byte)0);
            LibC.WriteAll(1, end < 0 ? part : part[..end]);
            if (end >= 0)
                return 0;
        }
        HostLog.Write(2, "ku-host ctl: the host closed the connection\n");
        return 1;
    }
}
