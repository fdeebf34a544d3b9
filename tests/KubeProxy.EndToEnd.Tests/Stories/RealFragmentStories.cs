using System.Net;
using System.Net.Sockets;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Real kernels cut datagrams that are longer than the path's 1500 bytes, and put them together again.</summary>
public sealed class RealFragmentStories
{
    private const int LengthBytes = 9000;
    private const int Port = 53;

    public static TheoryData<string, Family> Hosts { get; } =
        [.. WiredHosts.WithReassembly.SelectMany(name => new (string, Family)[] { (name, Family.Ip4), (name, Family.Ip6) })];

    /// <summary>Each kernel numbers its datagrams and cuts them into seven; a missing or wrong byte of any of them would show.</summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public void ADatagramOf9000BytesArrivesWholeBothWaysThroughTheClusterIp(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        wires.SetReturn(family);
        wires.AddService(family, $"port {Port} protocol udp", "target_port 5353", wires.Pods);
        Socket[] servers = [.. wires.Pods.Select(pod => Server(pod, family))];
        try
        {
            HashSet<int> pods = [];
            for (int i = 0; i < 20; i++)
                pods.Add(Converse(wires, family, servers, 20_000 + i, seed: i));
            Assert.Equal(servers.Length, pods.Count);
        }
        finally
        {
            foreach (Socket server in servers)
                server.Dispose();
        }

        Assert.True(host.IsAlive);
    }

    /// <summary>One datagram there and one back; answers which pod it was.</summary>
    private static int Converse(Wires wires, Family family, Socket[] servers, int port, int seed)
    {
        using Socket client = wires.NewSocket(family, SocketType.Dgram, port);
        byte[] request = Bytes(seed);
        byte[] answer = Bytes(seed + 1000);
        client.SendTo(request, new IPEndPoint(Wires.Vip(family), Port));
        List<Socket> ready = [.. servers];
        Socket.Select(ready, null, null, TimeSpan.FromSeconds(5));
        Socket pod = Assert.Single(ready);
        byte[] received = new byte[LengthBytes + 1];
        EndPoint from = client.LocalEndPoint!;
        Assert.Equal(LengthBytes, pod.ReceiveFrom(received, ref from));
        Assert.Equal(client.LocalEndPoint, from);
        Assert.True(request.AsSpan().SequenceEqual(received.AsSpan(0, LengthBytes)), "the request is damaged");

        pod.SendTo(answer, from);
        Assert.Equal(LengthBytes, client.ReceiveFrom(received, ref from));
        Assert.Equal(new IPEndPoint(Wires.Vip(family), Port), from);
        Assert.True(answer.AsSpan().SequenceEqual(received.AsSpan(0, LengthBytes)), "the answer is damaged");
        return Array.IndexOf(servers, pod);
    }

    private static Socket Server(Station pod, Family family) => pod.Space.Inside(() =>
    {
        IPAddress address = Wires.AddressOf(pod, family);
        Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 5353));
        return socket;
    });

    private static byte[] Bytes(int seed)
    {
        byte[] bytes = new byte[LengthBytes];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(((i * 31) + (i >> 8) + seed) % 251);
        return bytes;
    }
}
