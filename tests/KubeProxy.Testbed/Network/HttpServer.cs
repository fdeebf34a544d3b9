using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KubeProxy.Testbed.Network;

/// <summary>A small web server inside a namespace: answers every request with the same bytes and ends the connection.</summary>
public sealed class HttpServer : IDisposable
{
    private readonly Socket _listener;
    private readonly byte[] _response;
    private int _served;

    public HttpServer(NetworkNamespace space, int port, byte[] body)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(body);
        string head = $"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n";
        _response = [.. Encoding.ASCII.GetBytes(head), .. body];
        _listener = space.Inside(() =>
        {
            Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(512);
            return socket;
        });
        _ = AcceptAsync();
    }

    /// <summary>Requests answered in full.</summary>
    public int Served => _served;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync().ConfigureAwait(false));
        }
        catch (SocketException)
        {
            // The listener was closed: the server's end.
        }
        catch (ObjectDisposedException)
        {
            // The same, seen a moment earlier.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using Socket owned = connection;
        try
        {
            byte[] request = new byte[4096];
            int length = 0;
            while (request.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
            {
                int received = await connection.ReceiveAsync(request.AsMemory(length)).ConfigureAwait(false);
                if (received == 0)
                    return;
                length += received;
            }

            for (int sent = 0; sent < _response.Length;)
                sent += await connection.SendAsync(_response.AsMemory(sent)).ConfigureAwait(false);
            Interlocked.Increment(ref _served);
            connection.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The client sees a broken transfer and reports it; there is nobody else to tell.
        }
    }
}
