using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KubeProxy.Demo;

/// <summary>The client: every request on a connection (TCP) or socket (UDP) of its own, each answer one line of output. Goes on until its input ends, for so many rounds at least.</summary>
internal static class Client
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseBetweenRounds = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(IReadOnlyList<IPAddress> vips, int rounds, CancellationToken cancel)
    {
        Task stopped = Task.Run(Console.In.ReadToEnd, cancel);
        for (int round = 0; round < rounds || !stopped.IsCompleted; round++)
        {
            foreach (IPAddress vip in vips)
            {
                await ReportAsync(vip, "TCP", AskOverTcpAsync(vip, cancel)).ConfigureAwait(false);
                await ReportAsync(vip, "UDP", AskOverUdpAsync(vip, round, cancel)).ConfigureAwait(false);
            }

            await Task.Delay(PauseBetweenRounds, cancel).ConfigureAwait(false);
        }

        return 0;
    }

    private static async Task ReportAsync(IPAddress vip, string protocol, Task<string> request)
    {
        string family = vip.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
        Answer answer;
        try
        {
            answer = new Answer(family, protocol, await request.ConfigureAwait(false), Failure: null);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or OperationCanceledException or InvalidDataException)
        {
            answer = new Answer(family, protocol, Pod: null, $"{exception.GetType().Name}: {exception.Message}");
        }

        await Console.Out.WriteLineAsync(answer.ToLine()).ConfigureAwait(false);
    }

    private static async Task<string> AskOverTcpAsync(IPAddress vip, CancellationToken cancel)
    {
        using SocketsHttpHandler handler = new() { UseProxy = false, ConnectTimeout = Limit };
        using HttpClient http = new(handler) { Timeout = Limit };
        http.DefaultRequestHeaders.ConnectionClose = true;
        Uri address = new UriBuilder("http", vip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{vip}]" : vip.ToString(), Ports.Http).Uri;
        string text = await http.GetStringAsync(address, cancel).ConfigureAwait(false);
        return text.Trim();
    }

    private static async Task<string> AskOverUdpAsync(IPAddress vip, int round, CancellationToken cancel)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(Limit);
        using Socket socket = new(vip.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(vip, Ports.Echo, limited.Token).ConfigureAwait(false);
        string question = $"question {round}";
        await socket.SendAsync(Encoding.ASCII.GetBytes(question), limited.Token).ConfigureAwait(false);
        byte[] buffer = new byte[2048];
        int length = await socket.ReceiveAsync(buffer, limited.Token).ConfigureAwait(false);
        string[] words = Encoding.ASCII.GetString(buffer, 0, length).Split(' ', 2);
        return words.Length == 2 && words[1] == question ? words[0] : throw new InvalidDataException($"'{question}' was answered with another text");
    }
}
