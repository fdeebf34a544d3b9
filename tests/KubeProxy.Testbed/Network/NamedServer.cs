using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Testbed.Network;

/// <summary>
/// A server inside a namespace, TCP and UDP on one port, that tells its name: it answers each datagram with its name and the
/// datagram, and each piece of a connection's stream with its name.
/// </summary>
public sealed class NamedServer : IDisposable
{
    private readonly byte _name;
    private readonly Socket _datagrams;
    private readonly Socket _listener;
    private int _datagramCount;

    public NamedServer(NetworkNamespace space, int port, byte name)
    {
        ArgumentNullException.ThrowIfNull(space);
        _name = name;
        _datagrams = space.Inside(() => Bound(SocketType.Dgram, ProtocolType.Udp, port));
        _listener = space.Inside(() => Bound(SocketType.Stream, ProtocolType.Tcp, port));
        _listener.Listen(512);
        _ = WhileOpenAsync(AnswerDatagramsAsync);
        _ = WhileOpenAsync(AcceptAsync);
    }

    /// <summary>Datagrams that came in.</summary>
    public int DatagramCount => _datagramCount;

    public void Dispose()
    {
        _datagrams.Dispose();
        _listener.Dispose();
    }

    private static Socket Bound(SocketType kind, ProtocolType protocol, int port)
    {
        Socket socket = new(AddressFamily.InterNetworkV6, kind, protocol) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        return socket;
    }

    private static async Task WhileOpenAsync(Func<Task> serve)
    {
        try
        {
            while (true)
                await serve().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The socket was closed: the server's or the connection's end.
        }
    }

    private async Task AnswerDatagramsAsync()
    {
        byte[] datagram = new byte[2048];
        SocketReceiveFromResult received = await _datagrams.ReceiveFromAsync(datagram.AsMemory(1), new IPEndPoint(IPAddress.IPv6Any, 0)).ConfigureAwait(false);
        Interlocked.Increment(ref _datagramCount);
        datagram[0] = _name;
        await _datagrams.SendToAsync(datagram.AsMemory(0, received.ReceivedBytes + 1), received.RemoteEndPoint).ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        Socket connection = await _listener.AcceptAsync().ConfigureAwait(false);
        _ = WhileOpenAsync(() => AnswerPieceAsync(connection));
    }

    private async Task AnswerPieceAsync(Socket connection)
    {
        if (await connection.ReceiveAsync(new byte[2048]).ConfigureAwait(false) > 0)
            await connection.SendAsync(new[] { _name }).ConfigureAwait(false);
        else
            connection.Dispose();
    }
}
