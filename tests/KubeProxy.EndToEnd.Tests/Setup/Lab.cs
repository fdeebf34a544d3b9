using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>
/// The wiring that every story finds: clients behind a router on pg0, pods as neighbours on pg1.
/// <code>
///   172.16.0.0/12 ── 10.1.0.10 ── pg0 10.1.0.1 [ host ] pg1 10.2.0.1 ── pods 10.2.0.11 …
///   fdc0::/32     ── fd01::10  ── pg0 fd01::1           pg1 fd02::1  ── pods fd02::11 …
/// </code>
/// </summary>
public sealed class Lab : IDisposable
{
    public const string ClientSide = "pg0";
    public const string PodSide = "pg1";
    private static readonly PhysicalAddress ClientRouter = new([2, 0, 0, 0, 0x0c, 1]);

    public Lab(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        host.CreatePacketInterface(0);
        host.CreatePacketInterface(1);
        host.TypeAll([.. Lines()]);
    }

    public IPacketHost Host { get; }

    /// <summary>How a packet of a client arrives.</summary>
    public Link FromClients => new(ClientRouter, Host.MacOf(ClientSide));

    /// <summary>How a packet leaves for the clients.</summary>
    public Link ToClients => new(Host.MacOf(ClientSide), ClientRouter);

    public Link From(Pod pod) => new(pod.Mac, Host.MacOf(PodSide));

    public Link To(Pod pod) => new(Host.MacOf(PodSide), pod.Mac);

    /// <summary>The n-th client: every number its own address and port, none of them a port that PacketDotNet takes for a tunnel's.</summary>
    public static IPEndPoint Client(Family family, int number)
    {
        int port = 10000 + (number % 39000);
        byte[] address = IPAddress.Parse(family == Family.Ip4 ? "172.16.0.0" : "fdc0::").GetAddressBytes();
        address[^1] = (byte)((number % 251) + 1);
        address[^2] = (byte)((number / 251 % 251) + 1);
        return new IPEndPoint(new IPAddress(address), port);
    }

    /// <summary>Types a line that must print nothing.</summary>
    public void Type(string line)
    {
        string printed = Host.Cli(line);
        if (printed.Length > 0)
            throw new TestbedException($"{Host.Name} answered to '{line}': {printed}");
    }

    public void Dispose() => Host.Dispose();

    private static IEnumerable<string> Lines()
    {
        yield return $"set interface ip address {ClientSide} 10.1.0.1/16";
        yield return $"set interface ip address {ClientSide} fd01::1/64";
        yield return $"set interface ip address {PodSide} 10.2.0.1/16";
        yield return $"set interface ip address {PodSide} fd02::1/64";
        yield return $"set ip neighbor {ClientSide} 10.1.0.10 {Text(ClientRouter)} static";
        yield return $"set ip neighbor {ClientSide} fd01::10 {Text(ClientRouter)} static";
        yield return $"ip route add 172.16.0.0/12 via 10.1.0.10 {ClientSide}";
        yield return $"ip route add fdc0::/32 via fd01::10 {ClientSide}";
        foreach (Pod pod in Pod.First(Pod.Count))
        {
            yield return $"set ip neighbor {PodSide} {pod.Address(Family.Ip4)} {Text(pod.Mac)} static";
            yield return $"set ip neighbor {PodSide} {pod.Address(Family.Ip6)} {Text(pod.Mac)} static";
        }
    }

    private static string Text(PhysicalAddress mac) => string.Join(':', mac.GetAddressBytes().Select(value => $"{value:x2}"));
}
