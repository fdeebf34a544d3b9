using System.Net.NetworkInformation;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>Ethernet addresses of frames whose Ethernet header is cut off.</summary>
internal static class NoLink
{
    public static Link Value { get; } = new(new PhysicalAddress([2, 0, 0, 0, 0, 1]), new PhysicalAddress([2, 0, 0, 0, 0, 2]));
}
