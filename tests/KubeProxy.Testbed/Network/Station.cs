using System.Net;
using System.Net.Sockets;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Testbed.Network;

/// <summary>A namespace with one cable to the host: it has address 2 of its networks, the host address 1 and routes for it.</summary>
public sealed class Station : IDisposable
{
    private static readonly TimeSpan ResolutionLimit = TimeSpan.FromSeconds(20);
    private readonly VethPair? _cable;

    /// <summary>With networks written without their last part: "10.2.1" and "fd02:1".</summary>
    public Station(string name, string network4, string network6)
    {
        Name = name;
        Address4 = $"{network4}.2";
        Address6 = $"{network6}::2";
        Gateway4 = $"{network4}.1";
        Gateway6 = $"{network6}::1";
        Space = new NetworkNamespace(name);
        try
        {
            _cable = new VethPair(Space);
            _cable.Address($"{Address4}/24");
            _cable.Address($"{Address6}/64");
            _cable.Gateway(Gateway4);
            _cable.Gateway(Gateway6);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name { get; }

    public string Address4 { get; }

    public string Address6 { get; }

    public string Gateway4 { get; }

    public string Gateway6 { get; }

    public NetworkNamespace Space { get; }

    /// <summary>The host's name of its end of the cable.</summary>
    public string HostInterface => $"host-{HostEnd}";

    /// <summary>The kernel's name of the host's end of the cable.</summary>
    public string HostEnd => _cable!.HostEnd;

    /// <summary>From now on the kernel leaves checksums and the cutting of long segments to the card, that is to the host.</summary>
    public void LeaveWorkToTheCard() => _cable!.LeaveWorkToTheCard();

    /// <summary>The lines that connect a host to this station, and what the host answers.</summary>
    public IEnumerable<(string Line, string Answer)> AttachLines() =>
    [
        ($"create host-interface name {HostEnd}", HostInterface),
        ($"set interface state {HostInterface} up", ""),
        ($"set interface ip address {HostInterface} {Gateway4}/24", ""),
        ($"set interface ip address {HostInterface} {Gateway6}/64", ""),
    ];

    public void Attach(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        foreach ((string line, string answer) in AttachLines())
        {
            string printed = host.Cli(line);
            if (printed != answer)
                throw new TestbedException($"{host.Name} answered to '{line}': {printed}");
        }
    }

    /// <summary>Makes the kernel resolve its gateways, by which the host learns of this station, and waits until it has.</summary>
    public void Greet()
    {
        Resolve(Gateway4);
        Resolve(Gateway6);
        Wait.Until(
            () => IsResolved(Gateway4) && IsResolved(Gateway6),
            ResolutionLimit,
            () => $"{Name} to reach its gateways: {Space.Ip("neighbor", "show")}");
    }

    public void Dispose()
    {
        _cable?.Dispose();
        Space.Dispose();
    }

    private void Resolve(string gateway) => Space.Inside(() =>
    {
        IPAddress address = IPAddress.Parse(gateway);
        using Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        return socket.SendTo([0], new IPEndPoint(address, 9));
    });

    private bool IsResolved(string gateway)
    {
        string entry = Space.Ip("neighbor", "show", "to", gateway);
        if (entry.Contains("FAILED", StringComparison.Ordinal))
            Resolve(gateway);
        return entry.Contains("lladdr", StringComparison.Ordinal);
    }
}
