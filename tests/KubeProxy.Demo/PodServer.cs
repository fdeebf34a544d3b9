using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KubeProxy.Demo;

/// <summary>A pod: a web server and a UDP echo that both say the pod's name.</summary>
internal static class PodServer
{
    public const string Ready = "ready";

    /// <summary>Serves until its input ends, so that it never outlives the demonstration.</summary>
    public static async Task<int> RunAsync(string name, CancellationToken cancel)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(Ports.PodHttp));
        WebApplication web = builder.Build();
        await using (web.ConfigureAwait(false))
        {
            web.MapGet("/", () => Results.Text($"{name}\n"));
            await web.StartAsync(cancel).ConfigureAwait(false);
            using Socket echo = new(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
            echo.Bind(new IPEndPoint(IPAddress.IPv6Any, Ports.PodEcho));
            await Console.Out.WriteLineAsync(Ready.AsMemory(), cancel).ConfigureAwait(false);
            await Task.WhenAny(EchoAsync(echo, name, cancel), Task.Run(Console.In.ReadToEnd, cancel)).ConfigureAwait(false);
        }

        return 0;
    }

    /// <summary>Answers with the name and what was said. A datagram is answered from the address it came to, which the kernel takes from the route.</summary>
    private static async Task EchoAsync(Socket socket, string name, CancellationToken cancel)
    {
        byte[] buffer = new byte[2048];
        while (true)
        {
            SocketReceiveFromResult received = await socket
                .ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.IPv6Any, 0), cancel).ConfigureAwait(false);
            byte[] answer = [.. Encoding.ASCII.GetBytes($"{name} "), .. buffer.AsSpan(0, received.ReceivedBytes)];
            await socket.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, cancel).ConfigureAwait(false);
        }
    }
}
