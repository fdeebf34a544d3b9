using System.Globalization;
using System.Net;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>
/// So many flows as the product of client addresses and client ports. The two numbers are coprime, so that a generator
/// which steps through both in lock-step meets every pair once: addresses are a power of two, ports an odd number.
/// 1,000 = 8 x 125, 100,000 = 32 x 3,125, 1,000,000 = 64 x 15,625, 10,000,000 becomes 256 x 39,063.
/// </summary>
internal sealed record FlowSet
{
    private const int FirstPort = 1024;
    private const int MostPorts = 40_000;
    private const int LastPort = 65_535;
    private readonly int _inverseOfPorts;

    public FlowSet(int wanted)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1);
        Addresses = 1 << int.TrailingZeroCount(wanted);
        while (wanted / Addresses > MostPorts)
            Addresses *= 2;
        Ports = (wanted / Addresses) | 1;
        _inverseOfPorts = Enumerable.Range(0, Addresses).First(inverse => (long)inverse * Ports % Addresses == 1 % Addresses);
    }

    public int Addresses { get; }

    public int Ports { get; }

    public int Count => Addresses * Ports;

    /// <summary>Flows beyond the set's that its addresses have ports for.</summary>
    public int MostBeyond => Addresses * (LastPort + 1 - FirstPort - Ports);

    /// <summary>"1.1.0.1 - 1.1.0.8": with '-' the generator walks, with '+' it draws at random.</summary>
    public string AddressRange(Site site, char mode) => Range(mode, site.Client(0).ToString(), site.Client(Addresses - 1).ToString());

    public string PortRange(char mode) => Range(
        mode, FirstPort.ToString(CultureInfo.InvariantCulture), (FirstPort + Ports - 1).ToString(CultureInfo.InvariantCulture));

    /// <summary>Flow number i of <see cref="Count"/>, in the generator's lock-step order.</summary>
    public IPEndPoint ClientOf(Site site, int flow) => new(site.Client(flow % Addresses), FirstPort + (flow % Ports));

    /// <summary>A flow that is none of the set: the same addresses, ports beyond.</summary>
    public IPEndPoint ClientBeyond(Site site, int flow) => new(site.Client(flow % Addresses), FirstPort + Ports + (flow / Addresses));

    /// <summary>The number of a client's flow, -1 for none: the Chinese remainder of its address' and its port's numbers.</summary>
    public int NumberOf(Site site, IPEndPoint client)
    {
        int address = site.ClientNumber(client.Address);
        int port = client.Port - FirstPort;
        if (address < 0 || address >= Addresses || port < 0 || port >= Ports)
            return -1;
        long steps = (((long)(address - port) * _inverseOfPorts % Addresses) + Addresses) % Addresses;
        return (int)(port + (steps * Ports));
    }

    public static string Range(char mode, string first, string last) => first == last ? first : $"{first} {mode} {last}";
}
