using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Real kernels on both ends: curl in one namespace, web servers in three others, the host between them.</summary>
public sealed class RealSocketStories
{
    private const int BodyLengthBytes = 100_000;
    private static readonly byte[] Body = [.. Enumerable.Range(0, BodyLengthBytes).Select(i => (byte)(i * 31 >> 3))];

    /// <summary>What a host counts without a fault: blocks received from the kernel, and the kernels' own ARP, neighbour discovery and MLD.</summary>
    private static readonly string[] Ordinary =
    [
        "af-packet-input: timed out block", "af-packet-input: total received block", "arp-reply: ", "ip6-icmp-input: ",
        "ip6-input: ip6 source lookup miss", "ip6-local-hop-by-hop: ", "ip6-receive: multicast that nobody listens to",
    ];

    public static TheoryData<string, Family> Hosts { get; } = new()
    {
        { "vpp, no worker", Family.Ip4 }, { "vpp, no worker", Family.Ip6 },
        { "vpp, one worker", Family.Ip4 }, { "vpp, one worker", Family.Ip6 },
        { "embedded", Family.Ip4 }, { "embedded", Family.Ip6 },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public void AThousandDownloadsOf100KilobytesThroughTheClusterIpAllSucceed(string hostName, Family family)
    {
        using IPacketHost host = Start(hostName);
        using Wires wires = new(host, family);
        wires.AddService();
        ErrorCounters before = ErrorCounters.Of(host);
        wires.Download(wires.Vip, 1000);
        Assert.Equal(1000, wires.Served.Sum());
        Assert.DoesNotContain(0, wires.Served);
        string[] unexpected = [.. ErrorCounters.Of(host).Since(before)
            .Where(row => !row.Key.EndsWith(": translated", StringComparison.Ordinal))
            .Where(row => !Ordinary.Any(name => row.Key.StartsWith(name, StringComparison.Ordinal)))
            .Select(row => $"{row.Key}: {row.Value}")];
        Assert.Empty(unexpected);
        Assert.True(host.IsAlive);
    }

    /// <summary>At the address that the client's gateway has, and at one that the host has on a pod's cable.</summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public void DownloadsThroughANodePortOfTheHostsOwnAddressesAllSucceed(string hostName, Family family)
    {
        using IPacketHost host = Start(hostName);
        using Wires wires = new(host, family);
        wires.AddService("node_port 30080");
        foreach (string node in (string[])(family == Family.Ip4 ? ["10.1.0.1", "10.2.3.1"] : ["[fd01::1]", "[fd02:3::1]"]))
            wires.Download($"{node}:30080", 50);
        Assert.Equal(100, wires.Served.Sum());
        Assert.DoesNotContain(0, wires.Served);
        Assert.True(host.IsAlive);
    }

    /// <summary>K8S-20: refused at once, whatever the transport, by a port without a service and by a service without a pod.</summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public void AClientOfNobodyIsRefusedWithinASecond(string hostName, Family family)
    {
        using IPacketHost host = Start(hostName);
        using Wires wires = new(host, family);
        wires.AddService();
        wires.AddServiceWithoutPods(82);
        foreach (int port in (int[])[81, 82])
        {
            foreach (SocketType kind in (SocketType[])[SocketType.Stream, SocketType.Dgram])
            {
                (SocketError error, TimeSpan time) = wires.Call(kind, port);
                Assert.Equal((kind, port, SocketError.ConnectionRefused), (kind, port, error));
                Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            }
        }

        wires.Download(wires.Vip, 10);
        Assert.True(host.IsAlive);
    }

    /// <summary>The same without the plugin: what fails here is not the plugin's fault.</summary>
    [Fact]
    public void AHundredDownloadsThroughAPlainVppAllSucceed()
    {
        using IPacketHost host = Start("vpp, no worker", withPlugin: false);
        using Wires wires = new(host, Family.Ip4);
        wires.Download("10.2.1.2:8080", 100);
        wires.Download("[fd02:1::2]:8080", 100);
        Assert.Equal([200, 0, 0], wires.Served);
    }

    private static IPacketHost Start(string name, bool withPlugin = true)
    {
        VppOptions options = new() { Workers = name.EndsWith("one worker", StringComparison.Ordinal) ? 1 : 0, Plugins = ["af_packet", "ping"] };
        VppOptions? vpp = name == "embedded" ? null : withPlugin ? options : options with { Plugin = null };
        string? missing = NetworkNamespace.Missing() ?? (Tool.Find("curl") is null ? "'curl' is not installed" : null)
            ?? (vpp is null ? KuHost.Missing : VppHost.Missing(vpp));
        Assert.SkipWhen(missing is not null, missing ?? "");
        return vpp is null ? KuHost.Start() : VppHost.Start(vpp);
    }

    /// <summary>A client, three pods with a web server each, and the host they are cabled to.</summary>
    private sealed class Wires : IDisposable
    {
        private readonly IPacketHost _host;
        private readonly Family _family;
        private readonly Station _client;
        private readonly List<Station> _pods = [];
        private readonly List<HttpServer> _servers = [];

        public Wires(IPacketHost host, Family family)
        {
            _host = host;
            _family = family;
            _client = new Station("client", "10.1.0", "fd01");
            try
            {
                Lay();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public string Vip => _family == Family.Ip4 ? "90.1.2.3" : "[2003::3]";

        public IReadOnlyList<int> Served => [.. _servers.Select(server => server.Served)];

        public void AddService(string options = "")
        {
            string nat = _family == Family.Ip4 ? "nat4" : "nat6";
            string key = $"{(_family == Family.Ip4 ? "90.1.2.3/32" : "2003::3/128")} port 80 protocol tcp";
            foreach (Station pod in _pods)
                Type($"ku set interface {nat} in {pod.HostInterface}");
            Type($"ku vip {key} target_port 8080 {nat} {options}".TrimEnd());
            Type($"ku pod {key} {string.Join(' ', _pods.Select(pod => _family == Family.Ip4 ? pod.Address4 : pod.Address6))}");
        }

        /// <summary>TCP and UDP on a port, without anybody who serves it.</summary>
        public void AddServiceWithoutPods(int port) =>
            Type($"ku vip {(_family == Family.Ip4 ? "90.1.2.3/32" : "2003::3/128")} port {port} {(_family == Family.Ip4 ? "nat4" : "nat6")}");

        /// <summary>What the client's kernel says of a connection or a datagram to the VIP, and when.</summary>
        public (SocketError Error, TimeSpan Time) Call(SocketType kind, int port) => _client.Space.Inside(() =>
        {
            IPAddress address = IPAddress.Parse(Vip);
            using Socket socket = new(address.AddressFamily, kind, kind == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
            socket.ReceiveTimeout = socket.SendTimeout = 5000;
            Stopwatch time = Stopwatch.StartNew();
            try
            {
                socket.Connect(address, port);
                socket.Send([1]);
                socket.Receive(new byte[1]);
            }
            catch (SocketException exception)
            {
                return (exception.SocketErrorCode, time.Elapsed);
            }

            return (SocketError.Success, time.Elapsed);
        });

        /// <summary>One curl, one connection a request; every answer must be whole and right.</summary>
        public void Download(string address, int count)
        {
            string folder = Directory.CreateTempSubdirectory("kp-curl-").FullName;
            try
            {
                ToolResult result = _client.Space.Run(
                    TimeSpan.FromMinutes(3), "curl", "--silent", "--show-error", "--max-time", "30", "--fail-early",
                    "--output", Path.Combine(folder, "#1"), "--write-out", "%{http_code}\\n", $"http://{address}/[1-{count}]");
                Assert.True(result.ExitCode == 0, $"curl ended with {result.ExitCode}: {result.Error}");
                Assert.Equal(Enumerable.Repeat("200", count), result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
                string[] bodies = Directory.GetFiles(folder);
                Assert.Equal(count, bodies.Length);
                Assert.All(bodies, body => Assert.True(Body.AsSpan().SequenceEqual(File.ReadAllBytes(body)), $"answer {Path.GetFileName(body)} is damaged"));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        public void Dispose()
        {
            foreach (HttpServer server in _servers)
                server.Dispose();
            foreach (Station station in _pods)
                station.Dispose();
            _client.Dispose();
        }

        private void Lay()
        {
            foreach (int i in Enumerable.Range(1, 3))
                _pods.Add(new Station($"pod{i}", $"10.2.{i}", $"fd02:{i}"));
            foreach (Station station in _pods.Append(_client))
            {
                station.Attach(_host);
                station.Greet();
            }

            foreach (Station pod in _pods)
                _servers.Add(new HttpServer(pod.Space, 8080, Body));
        }

        private void Type(string line) => Assert.Equal("", _host.Cli(line));
    }
}
