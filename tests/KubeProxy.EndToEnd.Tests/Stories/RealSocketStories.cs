using System.Diagnostics;
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

    public static TheoryData<string, Family> Hosts { get; } =
        [.. WiredHosts.Names.SelectMany(name => new (string, Family)[] { (name, Family.Ip4), (name, Family.Ip6) })];

    [Theory]
    [MemberData(nameof(Hosts))]
    public void AThousandDownloadsOf100KilobytesThroughTheClusterIpAllSucceed(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Web web = new(host);
        web.AddService(family);
        ErrorCounters before = ErrorCounters.Of(host);
        web.Download(Address(family), 1000);
        Assert.Equal(1000, web.Served.Sum());
        Assert.DoesNotContain(0, web.Served);
        string[] unexpected = [.. ErrorCounters.Of(host).Since(before)
            .Where(row => !row.Key.EndsWith(": translated", StringComparison.Ordinal))
            .Where(row => !Ordinary.Any(name => row.Key.StartsWith(name, StringComparison.Ordinal)))
            .Select(row => $"{row.Key}: {row.Value}")];
        Assert.Empty(unexpected);
        Assert.True(host.IsAlive);
    }

    /// <summary>
    /// At the address that the client's gateway has, and at one that the host has on a pod's cable; with the client's address for
    /// the pods to see, and with the host's.
    /// </summary>
    [Theory]
    [Trait("case", "K8S-04")]
    [MemberData(nameof(Hosts))]
    public void DownloadsThroughANodePortOfTheHostsOwnAddressesAllSucceed(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Web web = new(host);
        web.AddService(family, "node_port 30080");
        string masquerade = family == Family.Ip4 ? "masquerade 10.1.0.1" : "masquerade fd01::1";
        web.Wires.AddService(family, "port 81 protocol tcp", $"target_port 8080 node_port 30081 {masquerade} outside", web.Wires.Pods);
        foreach (int port in (int[])[30080, 30081])
        {
            foreach (string node in (string[])(family == Family.Ip4 ? ["10.1.0.1", "10.2.3.1"] : ["[fd01::1]", "[fd02:3::1]"]))
                web.Download($"{node}:{port}", 50);
        }

        Assert.Equal(200, web.Served.Sum());
        Assert.DoesNotContain(0, web.Served);
        Assert.True(host.IsAlive);
    }

    /// <summary>A pod's kernel would drop a packet from its own address: it is the masquerade that makes this work.</summary>
    [Theory]
    [Trait("case", "K8S-24")]
    [MemberData(nameof(Hosts))]
    public void APodDownloadsFromItselfThroughItsService(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Web web = new(host);
        web.Wires.SetReturn(family);
        web.Wires.AddService(family, "port 80 protocol tcp", "target_port 8080", web.Wires.Pods[0]);
        web.Download(Address(family), 50, web.Wires.Pods[0]);
        Assert.Equal([50, 0, 0], web.Served);
        Assert.True(host.IsAlive);
    }

    /// <summary>
    /// Refused at once, whatever the transport: by a port without a service, by a service that never had a pod, and by one
    /// whose pods are gone.
    /// </summary>
    [Theory]
    [Trait("Rel", "REL-17")]
    [Trait("case", "K8S-20")]
    [MemberData(nameof(Hosts))]
    public void AClientOfNobodyIsRefusedWithinASecond(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Web web = new(host);
        web.AddService(family);
        web.Wires.AddService(family, "port 82");
        web.Wires.AddService(family, "port 83", pods: web.Wires.Pods);
        web.Wires.Type($"ku pod {Wires.Vip(family)} port 83 {string.Join(' ', web.Wires.Pods.Select(pod => Wires.AddressOf(pod, family)))} del");
        TimeSpan longest = TimeSpan.Zero;
        foreach (int port in (int[])[81, 82, 83])
        {
            foreach (SocketType kind in (SocketType[])[SocketType.Stream, SocketType.Dgram])
            {
                (SocketError error, TimeSpan time) = Call(web.Wires, family, kind, port);
                Assert.Equal((kind, port, SocketError.ConnectionRefused), (kind, port, error));
                Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromSeconds(1));
                longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, time.Ticks));
            }
        }

        Figure.Is("REL-17", FormattableString.Invariant($"ECONNREFUSED after {longest.TotalMilliseconds:F1} ms at most, {hostName}, {family}"));

        web.Download(Address(family), 10);
        Assert.True(host.IsAlive);
    }

    /// <summary>The same without the plugin: what fails here is not the plugin's fault.</summary>
    [Fact]
    public void AHundredDownloadsThroughAPlainVppAllSucceed()
    {
        using IPacketHost host = WiredHosts.StartPlainVpp();
        using Web web = new(host);
        web.Download("10.2.1.2:8080", 100);
        web.Download("[fd02:1::2]:8080", 100);
        Assert.Equal([200, 0, 0], web.Served);
    }

    private static string Address(Family family) => family == Family.Ip4 ? $"{Wires.Vip(family)}" : $"[{Wires.Vip(family)}]";

    /// <summary>What the client's kernel says of a connection or a datagram to the VIP, and when.</summary>
    private static (SocketError Error, TimeSpan Time) Call(Wires wires, Family family, SocketType kind, int port)
    {
        using Socket socket = wires.NewSocket(family, kind);
        Stopwatch time = Stopwatch.StartNew();
        try
        {
            socket.Connect(Wires.Vip(family), port);
            socket.Send([1]);
            socket.Receive(new byte[1]);
        }
        catch (SocketException exception)
        {
            return (exception.SocketErrorCode, time.Elapsed);
        }

        return (SocketError.Success, time.Elapsed);
    }

    /// <summary>A web server in each pod, and curl at the client.</summary>
    /// <summary>
    /// Both kernels hand over packets of up to 64 kilobytes whose checksums are still to be computed, as they do to any card that can: VPP takes them as they are,
    /// and so does the plugin.
    /// </summary>
    [Theory]
    [Trait("Defect", "REG-FDIO-5")]
    [Trait("Check", "MAL-15")]
    [MemberData(nameof(Hosts))]
    public void KernelsThatLeaveChecksumsAndSegmentsToTheCardAreServed(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        Assert.SkipUnless(host is VppHost, "the embedded host takes finished packets only");
        using Web web = new(host);
        foreach (Station station in web.Wires.Pods.Append(web.Wires.Client))
            station.LeaveWorkToTheCard();
        web.AddService(family, "node_port 30080");
        web.Download(Address(family), 50);
        web.Download(family == Family.Ip4 ? "10.1.0.1:30080" : "[fd01::1]:30080", 50);
        Assert.DoesNotContain(0, web.Served);
        Assert.All(web.Wires.Pods, pod => Assert.True(MeanLengthBytes(host, pod) > 1600, "the kernel has cut its segments itself"));
        Assert.True(host.IsAlive);
    }

    /// <summary>Of the packets that the host got from a station.</summary>
    private static long MeanLengthBytes(IPacketHost host, Station station)
    {
        string[] words = host.Cli($"show interface {station.HostInterface}").Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return NumberBehind("bytes") / NumberBehind("packets");

        long NumberBehind(string unit) => long.Parse(
            words[Array.FindIndex(words, word => word == "rx") + (unit == "packets" ? 2 : 5)], System.Globalization.CultureInfo.InvariantCulture);
    }

    private sealed class Web : IDisposable
    {
        private readonly List<HttpServer> _servers = [];

        public Web(IPacketHost host)
        {
            Wires = new Wires(host);
            foreach (Station pod in Wires.Pods)
                _servers.Add(new HttpServer(pod.Space, 8080, Body));
        }

        public Wires Wires { get; }

        public IReadOnlyList<int> Served => [.. _servers.Select(server => server.Served)];

        public void AddService(Family family, string options = "")
        {
            Wires.SetReturn(family);
            Wires.AddService(family, "port 80 protocol tcp", $"target_port 8080 {options}".TrimEnd(), Wires.Pods);
        }

        /// <summary>One curl, one connection a request; every answer must be whole and right.</summary>
        public void Download(string address, int count, Station? from = null)
        {
            string folder = Directory.CreateTempSubdirectory("kp-curl-").FullName;
            try
            {
                ToolResult result = (from ?? Wires.Client).Space.Run(
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
            Wires.Dispose();
        }
    }
}
