using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What kernels make of ICMP through a service: pings are answered, and TCP finds the length that its path takes.</summary>
public sealed class RealIcmpStories
{
    private const int PathMtu = 1300;
    private const int ServerPort = 8080;
    private const int TransferBytes = 300_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static TheoryData<string, Family> Hosts { get; } =
        [.. WiredHosts.Names.SelectMany(name => new (string, Family)[] { (name, Family.Ip4), (name, Family.Ip6) })];

    [Theory]
    [Trait("Check", "I-13")]
    [MemberData(nameof(Hosts))]
    public void APingToAVipIsAnswered(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        wires.AddService(family, "port 80 protocol tcp", "", wires.Pods);
        using Socket socket = wires.Client.Space.Inside(() => NewPinger(family));
        for (ushort sequence = 1; sequence <= 20; sequence++)
            Ping(socket, family, sequence, lengthBytes: 8 + (sequence * 60));
        Assert.True(host.IsAlive);
    }

    /// <summary>The router between host and client takes less than the pod sends: its errors go to the VIP and reach the pod.</summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task APodLearnsThePathMtuToItsClientThroughTheService(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        using FarStation client = Attach(wires, wires.Client);
        Station pod = wires.Pods[0];
        wires.SetReturn(family);
        wires.AddService(family, "port 80 protocol tcp", $"target_port {ServerPort}", pod);
        await TransferAsync(pod.Space, client.Space, family);
        AssertLearned(pod.Space, family == Family.Ip4 ? client.Address4 : client.Address6);
        Assert.True(host.IsAlive);
    }

    /// <summary>The router between host and pod takes less than the client sends: its errors come from the pods' side and reach the client from the VIP.</summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task AClientLearnsThePathMtuToThePodThroughTheService(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        using FarStation pod = Attach(wires, wires.Pods[0]);
        wires.SetReturn(family);
        wires.AddService(family, "port 80 protocol tcp", $"target_port {ServerPort}");
        wires.Type($"ku pod {Wires.Vip(family)} port 80 protocol tcp {(family == Family.Ip4 ? pod.Address4 : pod.Address6)}");
        await TransferAsync(pod.Space, wires.Client.Space, family);
        AssertLearned(wires.Client.Space, Wires.Vip(family).ToString());
        Assert.True(host.IsAlive);
    }

    /// <summary>The host's own link to the pod takes less than the client sends: the host tells the client, as the router that it is.</summary>
    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task AClientLearnsTheMtuOfTheHostsLinkToThePod(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        Assert.SkipUnless(host is VppHost, "the embedded host knows no MTU of a way");
        using Wires wires = new(host);
        Station pod = wires.Pods[0];
        wires.Type($"set interface mtu packet {PathMtu} {pod.HostInterface}");
        wires.SetReturn(family);
        wires.AddService(family, "port 80 protocol tcp", $"target_port {ServerPort}", pod);
        await TransferAsync(pod.Space, wires.Client.Space, family);
        AssertLearned(wires.Client.Space, Wires.Vip(family).ToString());
        Assert.True(host.IsAlive);
    }

    private static FarStation Attach(Wires wires, Station router)
    {
        FarStation far = new(router, "10.9.0", "fd09", PathMtu);
        foreach (string line in far.RouteLines())
            wires.Type(line);
        return far;
    }

    /// <summary>The kernel remembers what it was told about a destination.</summary>
    private static void AssertLearned(NetworkNamespace space, string destination) =>
        Assert.Contains($" mtu {PathMtu} ", space.Ip("route", "get", destination) + " ", StringComparison.Ordinal);

    /// <summary>A client connects to the VIP; both sides send at once, and each gets what the other has sent.</summary>
    private static async Task TransferAsync(NetworkNamespace server, NetworkNamespace client, Family family)
    {
        using Socket listener = server.Inside(() =>
        {
            Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, ServerPort));
            socket.Listen();
            return socket;
        });
        using Socket caller = client.Inside(() => new Socket(Wires.Vip(family).AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        await caller.ConnectAsync(Wires.Vip(family), 80).WaitAsync(Limit, TestContext.Current.CancellationToken);
        using Socket called = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        (byte[] request, byte[] answer) = (Bytes(1), Bytes(2));
        byte[][] received = await Task.WhenAll(ExchangeAsync(caller, request), ExchangeAsync(called, answer))
            .WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.True(answer.AsSpan().SequenceEqual(received[0]), "the client got something else");
        Assert.True(request.AsSpan().SequenceEqual(received[1]), "the pod got something else");
    }

    /// <summary>Sends, and receives as much at the same time.</summary>
    private static async Task<byte[]> ExchangeAsync(Socket socket, byte[] bytes)
    {
        Task<byte[]> received = ReceiveAsync(socket);
        await SendAsync(socket, bytes).ConfigureAwait(false);
        return await received.ConfigureAwait(false);
    }

    private static byte[] Bytes(int seed)
    {
        byte[] bytes = new byte[TransferBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes.AsMemory(sent)).ConfigureAwait(false);
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        byte[] bytes = new byte[TransferBytes];
        for (int length = 0; length < bytes.Length;)
        {
            int received = await socket.ReceiveAsync(bytes.AsMemory(length)).ConfigureAwait(false);
            if (received == 0)
                return bytes[..length];
            length += received;
        }

        return bytes;
    }

    private static Socket NewPinger(Family family)
    {
        ProtocolType protocol = family == Family.Ip4 ? ProtocolType.Icmp : ProtocolType.IcmpV6;
        return new Socket(Wires.Vip(family).AddressFamily, SocketType.Raw, protocol) { ReceiveTimeout = 5000 };
    }

    /// <summary>One echo request; the answer comes from the VIP with the same number and data, its checksum verified by the kernel.</summary>
    private static void Ping(Socket socket, Family family, ushort sequence, int lengthBytes)
    {
        byte[] request = new byte[lengthBytes];
        new Random(sequence).NextBytes(request);
        request.AsSpan(0, 4).Clear();
        request[0] = family == Family.Ip4 ? (byte)8 : (byte)128;
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), sequence);
        if (family == Family.Ip4)
            BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), (ushort)~Testbed.Packets.InternetChecksum.Sum(request));
        socket.SendTo(request, new IPEndPoint(Wires.Vip(family), 0));
        byte[] buffer = new byte[4096];
        while (true)
        {
            EndPoint from = new IPEndPoint(family == Family.Ip4 ? IPAddress.Any : IPAddress.IPv6Any, 0);
            int received = socket.ReceiveFrom(buffer, ref from);
            Span<byte> answer = buffer.AsSpan(0, received)[(family == Family.Ip4 ? 20 : 0)..];
            if (answer[0] != (family == Family.Ip4 ? 0 : 129))
                continue;
            Assert.Equal(Wires.Vip(family), ((IPEndPoint)from).Address);
            Assert.True(request.AsSpan(4).SequenceEqual(answer[4..]), $"ping {sequence} came back changed");
            return;
        }
    }
}
