using System.Net;
using System.Net.Sockets;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>
/// A client and three pods, each a kernel of its own, cabled to a host.
/// <code>
///   client 10.1.0.2 ── [ host ] ── pods 10.2.1.2, 10.2.2.2, 10.2.3.2
///          fd01::2                      fd02:1::2, fd02:2::2, fd02:3::2
/// </code>
/// </summary>
public sealed class Wires : IDisposable
{
    private const int PodCount = 3;
    private readonly IPacketHost _host;
    private readonly List<Station> _pods = [];

    public Wires(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
        Client = new Station("client", "10.1.0", "fd01");
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

    public Station Client { get; }

    public IReadOnlyList<Station> Pods => _pods;

    public static IPAddress Vip(Family family) => IPAddress.Parse(family == Family.Ip4 ? "90.1.2.3" : "2003::3");

    public static IPAddress AddressOf(Station station, Family family)
    {
        ArgumentNullException.ThrowIfNull(station);
        return IPAddress.Parse(family == Family.Ip4 ? station.Address4 : station.Address6);
    }

    /// <summary>Switches the translation of answers on where they come in.</summary>
    public void SetReturn(Family family)
    {
        foreach (Station pod in _pods)
            Type($"ku set interface {(family == Family.Ip4 ? "nat4" : "nat6")} in {pod.HostInterface}");
    }

    /// <summary>A service of the VIP: "port 80 protocol tcp", and what else the line shall say.</summary>
    public void AddService(Family family, string key, string options = "", params IReadOnlyList<Station> pods)
    {
        ArgumentNullException.ThrowIfNull(pods);
        Type($"ku vip {Vip(family)} {key} {options}".TrimEnd());
        if (pods.Count > 0)
            Type($"ku pod {Vip(family)} {key} {string.Join(' ', pods.Select(pod => AddressOf(pod, family)))}");
    }

    /// <summary>Types a line that must print nothing.</summary>
    public void Type(string line) => Assert.Equal("", _host.Cli(line));

    /// <summary>A socket of the client's kernel.</summary>
    public Socket NewSocket(Family family, SocketType kind, int port = 0) => Client.Space.Inside(() =>
    {
        IPAddress address = AddressOf(Client, family);
        Socket socket = new(address.AddressFamily, kind, kind == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.ReceiveTimeout = socket.SendTimeout = 5000;
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    public void Dispose()
    {
        foreach (Station station in _pods)
            station.Dispose();
        Client.Dispose();
    }

    private void Lay()
    {
        foreach (int i in Enumerable.Range(1, PodCount))
            _pods.Add(new Station($"pod{i}", $"10.2.{i}", $"fd02:{i}"));
        foreach (Station station in _pods.Append(Client))
        {
            station.Attach(_host);
            station.Greet();
        }
    }
}
