using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace KubeProxy.Testbed.Hosts;

/// <summary>
/// One long-lived connection to a host's command socket: a line goes in, text and a NUL byte come back. VPP speaks telnet
/// first: a client that names its terminal "vppctl" gets no prompt, no echo and no pager.
/// </summary>
public sealed class CliConnection : IDisposable
{
    private const byte Iac = 255;
    private const byte SubnegotiationBegin = 250;
    private const byte SubnegotiationEnd = 240;
    private const byte TerminalType = 24;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[65536];
    private readonly TimeSpan _limit;

    public CliConnection(string socketPath, bool telnet, TimeSpan limit)
    {
        _limit = limit;
        try
        {
            _socket.ReceiveTimeout = (int)limit.TotalMilliseconds;
            _socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            if (telnet)
                NameTheTerminal();
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public string Send(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        if (line.Contains('\n', StringComparison.Ordinal))
            throw new ArgumentException("a command is one line", nameof(line));
        Transmit(line);
        List<byte> text = [];
        for (long start = Stopwatch.GetTimestamp(); ;)
        {
            int length = Receive(line);
            int end = _buffer.AsSpan(0, length).IndexOf((byte)0);
            text.AddRange(_buffer.AsSpan(0, end < 0 ? length : end));
            if (end >= 0)
                return Encoding.UTF8.GetString(WithoutTelnet(text)).Replace("\r", "", StringComparison.Ordinal).TrimEnd();
            if (Stopwatch.GetElapsedTime(start) > _limit)
                throw new TestbedException($"'{line}' printed for {_limit.TotalSeconds} s without an end");
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Transmit(string line)
    {
        try
        {
            _socket.Send(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (SocketException exception)
        {
            throw new TestbedException($"'{line}' could not be sent: {exception.Message}", exception);
        }
    }

    private void NameTheTerminal()
    {
        byte[] question = [Iac, SubnegotiationBegin, TerminalType, 1, Iac, SubnegotiationEnd];
        List<byte> greeting = [];
        while (greeting.ToArray().AsSpan().IndexOf(question) < 0)
            greeting.AddRange(_buffer.AsSpan(0, Receive("(greeting)")));
        _socket.Send([Iac, SubnegotiationBegin, TerminalType, 0, .. "vppctl"u8, Iac, SubnegotiationEnd]);
    }

    private int Receive(string line)
    {
        try
        {
            int length = _socket.Receive(_buffer);
            return length > 0 ? length : throw new TestbedException($"the host closed the connection at '{line}'");
        }
        catch (SocketException exception)
        {
            throw new TestbedException($"no answer to '{line}': {exception.Message}", exception);
        }
    }

    private static byte[] WithoutTelnet(List<byte> bytes)
    {
        List<byte> text = new(bytes.Count);
        for (int i = 0; i < bytes.Count; i++)
        {
            if (bytes[i] != Iac)
                text.Add(bytes[i]);
            else if (i + 1 < bytes.Count && bytes[i + 1] == SubnegotiationBegin)
                i = bytes.IndexOf(SubnegotiationEnd, i) is var end && end < 0 ? bytes.Count : end;
            else
                i += 2;
        }

        return [.. text];
    }
}
