using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Host.Border;
using KubeProxy.Host.Cli;

namespace KubeProxy.Host.Control;

/// <summary>The command socket: one line in, its output, then a zero byte; as many lines as the client likes.</summary>
internal sealed unsafe class ControlServer : IDisposable
{
    private const long PatienceSeconds = 5;
    private const int ReadBytes = 4096;
    private const int MaxLineBytes = 1 << 20;

    private sealed class Client(int file)
    {
        internal int File { get; } = file;

        internal List<byte> Input { get; } = [];
    }

    private readonly string _path;
    private readonly CommandTree _commands;
    private readonly int _listener;
    private readonly List<Client> _clients = [];

    internal ControlServer(string path, CommandTree commands)
    {
        _path = path;
        _commands = commands;
        _listener = UnixSocket.Listen(path);
    }

    /// <summary>What the main loop has to watch for input.</summary>
    internal IEnumerable<int> Files => _clients.Select(c => c.File).Prepend(_listener);

    internal void Ready(int file)
    {
        if (file == _listener)
            Accept();
        else if (_clients.Find(c => c.File == file) is { } client)
            Read(client);
    }

    public void Dispose()
    {
        foreach (Client client in _clients)
            LibC.Close(client.File);
        LibC.Close(_listener);
        File.Delete(_path);
    }

    private void Accept()
    {
        int file = LibC.Accept(_listener, null, null, LibC.SockCloseOnExec);
        if (file < 0)
            return;
        // A client that does not read its answers is let go: it must not stop the packets.
        long* patience = stackalloc long[] { PatienceSeconds, 0 };
        _ = LibC.SetSockOpt(file, LibC.SolSocket, LibC.SendTimeout, patience, 2 * sizeof(long));
        _clients.Add(new Client(file));
    }

    private void Read(Client client)
    {
        byte* bytes = stackalloc byte[ReadBytes];
        nint n = LibC.Read(client.File, bytes, ReadBytes);
        if (n > 0)
            client.Input.AddRange(new ReadOnlySpan<byte>(bytes, (int)n));
        if (n <= 0 || client.Input.Count > MaxLineBytes || !Serve(client))
            Forget(client);
    }

    private bool Serve(Client client)
    {
        int end;
        while ((end = client.Input.IndexOf((byte)'\n')) >= 0)
        {
            string line = Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(client.Input)[..end]);
            client.Input.RemoveRange(0, end + 1);
            StringBuilder output = new();
            _commands.Run(line, output);
            output.Append('\0');
            if (!LibC.WriteAll(client.File, Encoding.UTF8.GetBytes(output.ToString())))
                return false;
        }
        return true;
    }

    private void Forget(Client client)
    {
        LibC.Close(client.File);
        _clients.Remove(client);
    }
}
