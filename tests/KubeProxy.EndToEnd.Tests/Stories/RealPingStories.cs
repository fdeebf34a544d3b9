using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>A client's kernel pings addresses of a VIP that takes everything, and the kernels of the pods answer.</summary>
public sealed class RealPingStories
{
    private const int PingCount = 50;
    private const int EchoLengthBytes = 64;

    public static TheoryData<string, Family> Hosts => RealSocketStories.Hosts;

    /// <summary>The kernel of the client checks the reply's checksum: over IPv6 it covers the VIP's address.</summary>
    [Theory]
    [Trait("case", "test_unknown_proto")]
    [MemberData(nameof(Hosts))]
    public void EveryPingOfAClientsKernelIsAnsweredByAPodsKernel(string hostName, Family family)
    {
        using IPacketHost host = WiredHosts.Start(hostName);
        using Wires wires = new(host);
        wires.SetReturn(family);
        wires.AddService(family, "protocol any", "", wires.Pods);
        using Socket socket = wires.Client.Space.Inside(() => NewSocket(family));
        for (ushort number = 1; number <= PingCount; number++)
            AssertAnswered(socket, family, Request(family, number));
        Assert.Equal(1, HostUse.Sessions(host));
        Assert.True(host.IsAlive);
    }

    private static Socket NewSocket(Family family) => new(
        family == Family.Ip4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
        SocketType.Raw,
        family == Family.Ip4 ? ProtocolType.Icmp : ProtocolType.IcmpV6)
    {
        ReceiveTimeout = 5000,
    };

    /// <summary>An echo request; over IPv6 the kernel fills its checksum in.</summary>
    private static byte[] Request(Family family, ushort number)
    {
        byte[] echo = new byte[EchoLengthBytes];
        new Random(number).NextBytes(echo);
        echo.AsSpan(0, 4).Clear();
        echo[0] = (byte)(family == Family.Ip4 ? 8 : 128);
        BinaryPrimitives.WriteUInt16BigEndian(echo.AsSpan(6), number);
        ushort sum = Testbed.Packets.InternetChecksum.Sum(echo);
        BinaryPrimitives.WriteUInt16BigEndian(echo.AsSpan(2), (ushort)~sum);
        return echo;
    }

    /// <summary>The reply has the request's identifier, number and data, and comes from the VIP. What else the kernel hands over is passed by.</summary>
    private static void AssertAnswered(Socket socket, Family family, byte[] request)
    {
        EndPoint from = new IPEndPoint(Wires.Vip(family), 0);
        socket.SendTo(request, from);
        byte reply = (byte)(family == Family.Ip4 ? 0 : 129);
        byte[] buffer = new byte[2048];
        while (true)
        {
            int length = socket.ReceiveFrom(buffer, ref from);
            Span<byte> icmp = buffer.AsSpan(family == Family.Ip4 ? 20 : 0, length - (family == Family.Ip4 ? 20 : 0));
            if (icmp[0] != reply)
                continue;
            Assert.Equal(Wires.Vip(family), ((IPEndPoint)from).Address);
            Assert.Equal(request[4..], icmp[4..].ToArray());
            return;
        }
    }
}
