using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>
/// A VPP whose clients and pods are each behind a bond of two packet interfaces: one of them sends and receives, the other waits.
/// <code>
///   172.16.0.0/12 ── 10.1.0.10 ── pg0, pg1 = BondEthernet0 10.1.0.1 [ VPP ] BondEthernet1 10.2.0.1 = pg2, pg3 ── pods 10.2.0.11 …
///   fdc0::/32     ── fd01::10                              fd01::1                        fd02::1                  fd02::11 …
/// </code>
/// </summary>
public sealed class BondedVpp : IDisposable
{
    public const string Clients = "BondEthernet0";
    public const string Pods = "BondEthernet1";
    private const int PodCount = 4;
    private static readonly PhysicalAddress ClientRouter = new([2, 0, 0, 0, 0x0c, 1]);

    public BondedVpp(int workers)
    {
        VppOptions options = new() { Workers = workers };
        string? missing = VppHost.Missing(options);
        Assert.SkipWhen(missing is not null, missing ?? "");
        Host = VppHost.Start(options);
        foreach (int number in Enumerable.Range(0, 4))
            Host.CreatePacketInterface(number);
        Bind(Clients);
        Bind(Pods);
    }

    public VppHost Host { get; }

    public Link FromClients => new(ClientRouter, Host.MacOf(Clients));

    public Link ToClients => new(Host.MacOf(Clients), ClientRouter);

    public static IReadOnlyList<string> MembersOf(string bond) => bond == Clients ? ["pg0", "pg1"] : ["pg2", "pg3"];

    public Link From(Pod pod) => new(pod?.Mac ?? throw new ArgumentNullException(nameof(pod)), Host.MacOf(Pods));

    public Link To(Pod pod) => new(Host.MacOf(Pods), pod?.Mac ?? throw new ArgumentNullException(nameof(pod)));

    /// <summary>Makes the bond, with its members, addresses and neighbours; VPP gives the number of a deleted one again.</summary>
    public void Bind(string bond)
    {
        Assert.Equal(bond, Host.Cli("create bond mode active-backup"));
        foreach (string line in Lines(bond))
            Type(line);
    }

    public void Type(string line) => Assert.Equal("", Host.Cli(line));

    /// <summary>Sends into one member; answers what left by each member of the other bond. Nothing may leave elsewhere.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<byte[]>> Send(string member, IReadOnlyList<byte[]> frames)
    {
        Capture capture = Host.Exchange(new Injection(member, frames));
        string[] others = [.. MembersOf(MembersOf(Clients).Contains(member) ? Pods : Clients)];
        Assert.Equal(capture.Count, others.Sum(other => capture.On(other).Count));
        return others.ToDictionary(other => other, capture.On);
    }

    public void Dispose() => Host.Dispose();

    private static IEnumerable<string> Lines(string bond)
    {
        string number = bond == Clients ? "1" : "2";
        foreach (string member in MembersOf(bond))
            yield return $"bond add {bond} {member}";
        yield return $"set interface state {bond} up";
        yield return $"set interface ip address {bond} 10.{number}.0.1/16";
        yield return $"set interface ip address {bond} fd0{number}::1/64";
        (IPAddress Address, PhysicalAddress Mac)[] neighbours = bond == Clients
            ? [(IPAddress.Parse("10.1.0.10"), ClientRouter), (IPAddress.Parse("fd01::10"), ClientRouter)]
            : [.. Pod.First(PodCount).SelectMany<Pod, (IPAddress, PhysicalAddress)>(pod => [(pod.Address(Family.Ip4), pod.Mac), (pod.Address(Family.Ip6), pod.Mac)])];
        foreach ((IPAddress address, PhysicalAddress mac) in neighbours)
            yield return $"set ip neighbor {bond} {address} {string.Join(':', mac.GetAddressBytes().Select(value => $"{value:x2}"))} static";
        if (bond != Clients)
            yield break;
        yield return $"ip route add 172.16.0.0/12 via 10.1.0.10 {bond}";
        yield return $"ip route add fdc0::/32 via fd01::10 {bond}";
    }
}
