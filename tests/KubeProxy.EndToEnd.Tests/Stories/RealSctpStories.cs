using System.Diagnostics;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// Associations between real SCTP stacks, which check every CRC32c. The kernels that run the tests seldom have SCTP; usrsctp's example
/// programs bring a stack of their own.
/// </summary>
public sealed class RealSctpStories
{
    private const string Programs = "/usr/lib/usrsctp";
    private const int EchoPort = 7;
    private const int ClientCount = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static TheoryData<string, Family> Hosts { get; } =
        [.. WiredHosts.Names.SelectMany(name => new (string, Family)[] { (name, Family.Ip4), (name, Family.Ip6) })];

    [Theory]
    [MemberData(nameof(Hosts))]
    [Trait("case", "K8S-26")]
    public async Task AnSctpEchoComesBackThroughTheClusterIp(string hostName, Family family)
    {
        Assert.SkipUnless(File.Exists($"{Programs}/echo_server"), $"{Programs}/echo_server is not installed (Debian: libusrsctp-examples)");
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        wires.SetReturn(family);
        wires.AddService(family, "port 9999 protocol sctp", $"target_port {EchoPort}", wires.Pods);
        Process[] servers = [.. wires.Pods.Select(pod => StartServer(pod.Space))];
        try
        {
            for (int i = 0; i < ClientCount; i++)
                Assert.Equal($"hello {i}", await AskAsync(wires.Client.Space, $"{Wires.Vip(family)}", $"hello {i}"));
        }
        finally
        {
            foreach (Process server in servers)
                Stop(server);
        }

        Assert.True(host.IsAlive);
    }

    /// <summary>Connects, sends one line, and answers the line that comes back; the association is shut down in order.</summary>
    private static async Task<string?> AskAsync(NetworkNamespace space, string address, string line)
    {
        using Process client = space.Start($"{Programs}/client", address, "9999");
        try
        {
            _ = client.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await client.StandardInput.WriteLineAsync(line);
            await client.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            string? answer = await client.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(Limit, TestContext.Current.CancellationToken);
            client.StandardInput.Close();
            await client.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Equal(0, client.ExitCode);
            return answer;
        }
        finally
        {
            if (!client.HasExited)
                client.Kill();
        }
    }

    /// <summary>The server is ready when its namespace has a raw socket of SCTP.</summary>
    private static Process StartServer(NetworkNamespace space)
    {
        Process server = space.Start($"{Programs}/echo_server");
        _ = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        _ = server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Wait.Until(() => space.Inside(IsListening), TimeSpan.FromSeconds(10), () => "an SCTP server to listen");
        return server;
    }

    /// <summary>/proc/net/raw and raw6 have a row for each raw socket, with the protocol number, in hexadecimal, for its port.</summary>
    private static bool IsListening() => new[] { "raw", "raw6" }.All(name =>
        File.ReadLines($"/proc/thread-self/net/{name}").Any(row => row.Contains(":0084 ", StringComparison.Ordinal)));

    private static void Stop(Process server)
    {
        if (!server.HasExited)
            server.Kill();
        server.WaitForExit();
        server.Dispose();
    }
}
