using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Yard;

/// <summary>
/// A VPP whose traffic is not looked at packet by packet, with a canary beside it that is.
/// <code>
///   clients 172.16.0.0/12, fdc0::/32 ── pg0 [ VPP ] pg1 ── pods 10.2.0.11 …, fd02::11 …
///   the canary's client 172.31.0.1   ── pg2 [     ] pg3 ── its pod 10.4.0.11
/// </code>
/// </summary>
public sealed class Ground : IDisposable
{
    public const string Clients = "pg0";
    public const string Pods = "pg1";
    public const string CanaryClient = "pg2";
    public const string CanaryPod = "pg3";
    public const int PodCount = 16;
    private static readonly PhysicalAddress Router = new([2, 0, 0, 0, 0x0c, 1]);
    private static readonly PhysicalAddress CanaryMac = new([2, 0, 0, 0, 0x0f, 1]);
    private readonly List<string> _silent = [Clients, Pods];

    public Ground(VppOptions options)
    {
        string? missing = VppHost.Missing(options);
        Host = missing is null ? VppHost.Start(options) : throw new TestbedException(missing);
        try
        {
            Lay();
        }
        catch
        {
            Host.Dispose();
            throw;
        }

        Canary = new Canary(this);
    }

    public VppHost Host { get; }

    public Canary Canary { get; }

    public Link FromClients => new(Router, Host.MacOf(Clients));

    /// <summary>Interfaces of the traffic, without the canary's.</summary>
    public IEnumerable<string> Traffic => _silent;

    internal Link ToCanaryPod => new(Host.MacOf(CanaryPod), CanaryMac);

    internal Link FromCanaryClient => new(Router, Host.MacOf(CanaryClient));

    public static PhysicalAddress MacOf(int pod) => new([2, 0, 0, 0, 0x0d, (byte)pod]);

    public static IPAddress Pod(int number, bool isIp6) => IPAddress.Parse(isIp6 ? $"fd02::{10 + number}" : $"10.2.0.{10 + number}");

    public static IPEndPoint Client(int number, bool isIp6)
    {
        byte[] address = IPAddress.Parse(isIp6 ? "fdc0::" : "172.16.0.0").GetAddressBytes();
        address[^1] = (byte)((number % 251) + 1);
        address[^2] = (byte)(number / 251 % 251);
        return new IPEndPoint(new IPAddress(address), 10000 + (number % 39000));
    }

    public Link FromPod(int number) => new(MacOf(number), Host.MacOf(Pods));

    /// <summary>Types a line that must print nothing.</summary>
    public void Type(string line)
    {
        string printed = Host.Cli(line);
        if (printed.Length > 0)
            throw new TestbedException($"{Host.Name} answered to '{line}': {printed}");
    }

    /// <summary>A further interface whose packets are only counted.</summary>
    public string AddSilentInterface()
    {
        string name = Host.CreatePacketInterface(_silent.Count + 2);
        Type($"packet-generator capture {name} disable");
        _silent.Add(name);
        return name;
    }

    public void Dispose() => Host.Dispose();

    private void Lay()
    {
        foreach (int number in Enumerable.Range(0, 4))
            Host.CreatePacketInterface(number);
        foreach (string name in _silent)
            Type($"packet-generator capture {name} disable");
        Host.TypeAll([.. Lines()]);
    }

    private static IEnumerable<string> Lines()
    {
        foreach ((string name, string ip4, string ip6) in ((string, string, string)[])[(Clients, "10.1.0.1/16", "fd01::1/64"), (Pods, "10.2.0.1/16", "fd02::1/64")])
        {
            yield return $"set interface ip address {name} {ip4}";
            yield return $"set interface ip address {name} {ip6}";
        }

        yield return $"set interface ip address {CanaryClient} 10.3.0.1/16";
        yield return $"set interface ip address {CanaryPod} 10.4.0.1/16";
        yield return $"set ip neighbor {CanaryPod} 10.4.0.11 {Text(CanaryMac)} static";
        yield return $"set ip neighbor {Clients} 10.1.0.10 {Text(Router)} static";
        yield return $"set ip neighbor {Clients} fd01::10 {Text(Router)} static";
        yield return $"ip route add 172.16.0.0/12 via 10.1.0.10 {Clients}";
        yield return $"ip route add fdc0::/32 via fd01::10 {Clients}";
        foreach (int pod in Enumerable.Range(1, PodCount))
        {
            yield return $"set ip neighbor {Pods} {Pod(pod, isIp6: false)} {Text(MacOf(pod))} static";
            yield return $"set ip neighbor {Pods} {Pod(pod, isIp6: true)} {Text(MacOf(pod))} static";
        }
    }

    internal static string Text(PhysicalAddress mac) => string.Join(':', mac.GetAddressBytes().Select(value => $"{value:x2}"));
}
