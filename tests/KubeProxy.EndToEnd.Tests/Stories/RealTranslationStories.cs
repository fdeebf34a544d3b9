using System.Net.Sockets;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Real kernels of different families on both ends: curl over one, web servers over the other.</summary>
public sealed class RealTranslationStories
{
    private const int Downloads = 40;
    private static readonly byte[] Body = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 31 >> 3))];

    public static TheoryData<string, Family> Hosts { get; } =
        [.. WiredHosts.Names.SelectMany(name => new (string, Family)[] { (name, Family.Ip4), (name, Family.Ip6) })];

    [Theory]
    [MemberData(nameof(Hosts))]
    public void DownloadsFromPodsOfTheOtherFamilyAllSucceed(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        HttpServer[] servers = [.. wires.Pods.Select(pod => new HttpServer(pod.Space, 8080, Body))];
        try
        {
            AddService(wires, family);
            string address = family == Family.Ip4 ? $"{Wires.Vip(family)}" : $"[{Wires.Vip(family)}]";
            string file = Path.GetTempFileName();
            for (int i = 0; i < Downloads; i++)
            {
                var result = wires.Client.Space.Run(
                    TimeSpan.FromMinutes(1), "curl", "--silent", "--show-error", "--max-time", "20", "--output", file, $"http://{address}/{i}");
                Assert.True(result.ExitCode == 0, $"curl ended with {result.ExitCode}: {result.Error}");
                Assert.Equal(Body, File.ReadAllBytes(file));
            }

            File.Delete(file);
            Assert.Equal(Downloads, servers.Sum(server => server.Served));
            Assert.DoesNotContain(0, servers.Select(server => server.Served));
            Assert.True(host.IsAlive);
        }
        finally
        {
            foreach (HttpServer server in servers)
                server.Dispose();
        }
    }

    /// <summary>Segments of 1500 bytes over IPv4 are 1520 over IPv6: the sender learns the path's MTU from the VIP, in its own family.</summary>
    [Theory]
    [Trait("Check", "S-6")]
    [Trait("Check", "S-10")]
    [MemberData(nameof(Hosts))]
    public void ABigUploadLearnsThePathsMtu(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        AddService(wires, family);
        Family podFamily = family == Family.Ip4 ? Family.Ip6 : Family.Ip4;
        Socket[] listeners = [.. wires.Pods.Select(pod => pod.Space.Inside(() => Listen(Wires.AddressOf(pod, podFamily))))];
        using Socket client = wires.NewSocket(family, SocketType.Stream);
        client.Connect(Wires.Vip(family), 80);
        Socket accepted = Accept(listeners);
        int total = 0;
        Thread reader = new(() => total = ReadAll(accepted));
        reader.Start();
        client.Send(Body);
        client.Shutdown(SocketShutdown.Send);
        Assert.True(reader.Join(TimeSpan.FromSeconds(20)), "the upload hangs");
        Assert.Equal(Body.Length, total);
        foreach (Socket socket in listeners)
            socket.Dispose();
        accepted.Dispose();
        Assert.True(host.IsAlive);
    }

    private static void AddService(Wires wires, Family family)
    {
        Family podFamily = family == Family.Ip4 ? Family.Ip6 : Family.Ip4;
        wires.SetReturn(podFamily);
        string nat = family == Family.Ip4 ? "nat46" : "nat64 masquerade 10.9.9.9";
        wires.Type($"ku vip {Wires.Vip(family)} port 80 protocol tcp target_port 8080 {nat}");
        wires.Type($"ku pod {Wires.Vip(family)} port 80 protocol tcp {string.Join(' ', wires.Pods.Select(pod => Wires.AddressOf(pod, podFamily)))}");
    }

    private static Socket Listen(System.Net.IPAddress address)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(address, 8080));
        socket.Listen();
        return socket;
    }

    private static Socket Accept(IReadOnlyList<Socket> listeners)
    {
        List<Socket> ready = [.. listeners];
        Socket.Select(ready, null, null, TimeSpan.FromSeconds(10));
        return Assert.Single(ready).Accept();
    }

    private static int ReadAll(Socket socket)
    {
        byte[] buffer = new byte[65536];
        int total = 0;
        for (int count = socket.Receive(buffer); count > 0; count = socket.Receive(buffer))
            total += count;
        return total;
    }
}
