using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>
/// So many flows to one service as the product of client addresses and client ports. The two numbers are coprime, so
/// that a generator which steps through both in lock-step meets every pair once: addresses are a power of two, ports
/// an odd number. 1,000 = 8 x 125, 100,000 = 32 x 3,125, 1,000,000 = 64 x 15,625.
/// </summary>
internal sealed record FlowSet
{
    private const int FirstPort = 1024;
    private const int MostPorts = 40_000;
    private readonly AddressFamily _family;

    public FlowSet(int wanted, AddressFamily family)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1);
        _family = family;
        Addresses = 1 << int.TrailingZeroCount(wanted);
        while (wanted / Addresses > MostPorts)
            Addresses *= 2;
        Ports = (wanted / Addresses) | 1;
    }

    public int Addresses { get; }

    public int Ports { get; }

    public int Count => Addresses * Ports;

    /// <summary>"1.0.0.1 - 1.0.0.8": with '-' the generator walks, with '+' it draws at random.</summary>
    public string AddressRange(char mode) => Range(mode, Client(0).ToString(), Client(Addresses - 1).ToString());

    public string PortRange(char mode) => Range(
        mode, FirstPort.ToString(CultureInfo.InvariantCulture), (FirstPort + Ports - 1).ToString(CultureInfo.InvariantCulture));

    /// <summary>Flow number i of <see cref="Count"/>, in the generator's lock-step order.</summary>
    public IPEndPoint ClientOf(int flow) => new(Client(flow % Addresses), FirstPort + (flow % Ports));

    private static string Range(char mode, string first, string last) => first == last ? first : $"{first} {mode} {last}";

    private IPAddress Client(int index)
    {
        int number = index + 1;
        return _family == AddressFamily.InterNetwork
            ? new IPAddress([1, (byte)(number >> 16), (byte)(number >> 8), (byte)number])
            : IPAddress.Parse($"fd10::{number >> 16:x}:{number & 0xffff:x}");
    }
}
