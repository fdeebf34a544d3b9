using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What the client's own kernel makes of pods that go, that swallow packets, and that send strange segments. Servers tell who they are.</summary>
public sealed class RealClientStories
{
    private const int ServerPort = 8080;
    private const int VipPort = 80;
    private static readonly Family[] Families = [Family.Ip4, Family.Ip6];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Clients that may need a second retransmission. Ages are counted in whole seconds: a host that is starved of its core sees a
    /// first SYN late, and the next one within the same second. Where the clock is the story's own, nobody does (<c>TcpLifeStories</c>).
    /// </summary>
    private const int LateHost = 1;

    public static TheoryData<string> Hosts { get; } = [.. WiredHosts.Names];

    /// <summary>The pod that answers is taken out between two datagrams, and comes back while another answers.</summary>
    [Theory]
    [Trait("case", "CT-02")]
    [MemberData(nameof(Hosts))]
    public void AUdpSenderWithOneSourcePortLosesNoDatagramWhileItsPodsGoOneAfterTheOther(string hostName)
    {
        const int Rounds = 30;
        using IPacketHost host = WiredHosts.Start(hostName);
        using Servers servers = new(host, "udp");
        foreach (Family family in Families)
        {
            using Socket sender = servers.Wires.NewSocket(family, SocketType.Dgram, 40_000);
            sender.Connect(Wires.Vip(family), VipPort);
            int served = servers.DatagramCount;
            for (int round = 0; round < Rounds; round++)
            {
                int first = WhoAnswers(sender, (byte)round);
                servers.Configure(family, first, "del");
                int second = WhoAnswers(sender, (byte)(round + 100));
                Assert.NotEqual(first, second);
                servers.Configure(family, first);
            }

            Assert.Equal(2 * Rounds, servers.DatagramCount - served);
        }
    }

    /// <summary>
    /// One of three pods takes every packet and answers none: it has no way back to the clients. Their kernels send the SYN
    /// again after a second, once, and what has connected stays where it is.
    /// </summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task ThirtyClientsOfThreePodsAllConnectThoughOneOfThemIsABlackHole(string hostName)
    {
        const int ClientCount = 30;
        const int Hole = 2;
        using IPacketHost host = WiredHosts.Start(hostName);
        using Servers servers = new(host, "tcp");
        servers.Wires.Pods[Hole - 1].Space.Ip("route", "add", "blackhole", "10.1.0.0/24");
        servers.Wires.Pods[Hole - 1].Space.Ip("-6", "route", "add", "blackhole", "fd01::/64");
        Socket[] clients = [.. Families.SelectMany(family => Enumerable.Range(42_000, ClientCount)
            .Select(port => servers.Wires.NewSocket(family, SocketType.Stream, port)))];
        try
        {
            await Task.WhenAll(clients.Select(client => client.ConnectAsync(Wires.Vip(FamilyOf(client)), VipPort)))
                .WaitAsync(ConnectLimit, TestContext.Current.CancellationToken);
            int[] retransmissions = [.. clients.Select(RetransmissionsOf)];
            int failedOver = Families.Sum(servers.FailedOver);
            Assert.All(retransmissions, count => Assert.InRange(count, 0, 1 + LateHost));
            Assert.InRange(retransmissions.Count(count => count > 1), 0, LateHost);
            Assert.Equal(retransmissions.Count(count => count > 0), failedOver);
            Assert.InRange(failedOver, ClientCount / 2, ClientCount);

            int[] names = [.. clients.Select(client => WhoAnswers(client, 1))];
            Assert.DoesNotContain(Hole, names);
            Assert.Equal(names, clients.Select(client => WhoAnswers(client, 2)));
            Assert.Equal(failedOver, Families.Sum(servers.FailedOver));
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    /// <summary>
    /// The server's side injects a segment whose numbers no window holds. It reaches the client under the VIP's address: the
    /// client's kernel knows the connection and resets nothing, and the connection goes on. Without the session it comes from the
    /// pod's own address, of which the client's kernel knows no connection.
    /// </summary>
    [Theory]
    [Trait("case", "CT-06")]
    [MemberData(nameof(Hosts))]
    public void ASegmentOutOfTheWindowIsTheConnectionsOwnAndResetsNothing(string hostName)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Servers servers = new(host, "tcp");
        foreach (Family family in Families)
        {
            using Socket client = servers.Wires.NewSocket(family, SocketType.Stream, 43_000);
            client.Connect(Wires.Vip(family), VipPort);
            int name = WhoAnswers(client, 1);
            Station pod = servers.Wires.Pods[name - 1];
            TcpCounters before = TcpCounters.Of(servers.Wires.Client);
            Inject(pod, family, (IPEndPoint)client.LocalEndPoint!);
            Wait.Until(() => TcpCounters.Of(servers.Wires.Client).Received > before.Received, Limit, "the segment to reach the client");
            Assert.Equal(name, WhoAnswers(client, 2));
            Assert.Equal(before.ResetsSent, TcpCounters.Of(servers.Wires.Client).ResetsSent);

            servers.Wires.Type("test kube-proxy flowtable flush");
            Inject(pod, family, (IPEndPoint)client.LocalEndPoint!);
            Wait.Until(() => TcpCounters.Of(servers.Wires.Client).ResetsSent == before.ResetsSent + 1, Limit, "the client to reset what it does not know");
            Assert.Equal(name, WhoAnswers(client, 3));
        }
    }

    private static Family FamilyOf(Socket socket) => socket.AddressFamily == AddressFamily.InterNetwork ? Family.Ip4 : Family.Ip6;

    /// <summary>Sends a byte and returns the name of who answers.</summary>
    private static int WhoAnswers(Socket socket, byte number)
    {
        byte[] answer = new byte[16];
        socket.Send([number]);
        int length = socket.Receive(answer);
        if (socket.SocketType == SocketType.Dgram)
            Assert.Equal((2, number), (length, answer[1]));
        return answer[0];
    }

    /// <summary>The kernel's <c>tcpi_total_retrans</c>, SYNs included.</summary>
    private static int RetransmissionsOf(Socket socket)
    {
        const int TcpLevel = 6;
        const int TcpInfo = 11;
        byte[] info = new byte[104];
        socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
        return BinaryPrimitives.ReadInt32LittleEndian(info.AsSpan(100));
    }

    /// <summary>A data segment of the pod's port to the client's, with numbers of its own, written past the pod's TCP.</summary>
    private static void Inject(Station pod, Family family, IPEndPoint client) => pod.Space.Inside(() =>
    {
        IPEndPoint server = new(Wires.AddressOf(pod, family), ServerPort);
        Link nobody = new(new([2, 0, 0, 0, 0, 1]), new([2, 0, 0, 0, 0, 2]));
        byte[] frame = PacketFactory.Build(new Flow(Transport.Tcp, server, client), nobody, PacketOptions.Plain);
        using Socket raw = new(client.AddressFamily, SocketType.Raw, System.Net.Sockets.ProtocolType.Tcp);
        raw.Bind(new IPEndPoint(server.Address, 0));
        return raw.SendTo(new IpView(frame).L4.ToArray(), new IPEndPoint(client.Address, 0));
    });

    /// <summary>What a kernel's TCP has counted.</summary>
    private readonly record struct TcpCounters(long Received, long ResetsSent)
    {
        public static TcpCounters Of(Station station)
        {
            string[][] rows = [.. station.Space.Run(Limit, "cat", "/proc/net/snmp").Output.Split('\n')
                .Where(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Select(line => line.Split(' '))];
            long Value(string name) => long.Parse(rows[1][Array.IndexOf(rows[0], name)], CultureInfo.InvariantCulture);
            return new TcpCounters(Value("InSegs"), Value("OutRsts"));
        }
    }

    /// <summary>Servers 1 to 3 on the pods, behind port 80 of the VIP of each family.</summary>
    private sealed class Servers : IDisposable
    {
        private readonly IPacketHost _host;
        private readonly string _key;
        private readonly List<NamedServer> _servers = [];

        public Servers(IPacketHost host, string protocol)
        {
            _host = host;
            _key = $"port {VipPort} protocol {protocol}";
            Wires = new Wires(host);
            foreach ((int i, Station pod) in Wires.Pods.Index())
                _servers.Add(new NamedServer(pod.Space, ServerPort, (byte)(i + 1)));
            foreach (Family family in Families)
            {
                Wires.SetReturn(family);
                Wires.AddService(family, _key, $"target_port {ServerPort}", Wires.Pods);
            }
        }

        public Wires Wires { get; }

        public int DatagramCount => _servers.Sum(server => server.DatagramCount);

        public void Configure(Family family, int name, string how = "") =>
            Wires.Type($"ku pod {Wires.Vip(family)} {_key} {Wires.AddressOf(Wires.Pods[name - 1], family)} {how}".TrimEnd());

        public int FailedOver(Family family)
        {
            Match match = Regex.Match(_host.Cli($"show ku vip {Wires.Vip(family)} verbose"), @"failed-over packets\s+(\d+)");
            return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        }

        public void Dispose()
        {
            _servers.ForEach(server => server.Dispose());
            Wires.Dispose();
        }
    }
}
