using System.Net;
using System.Net.NetworkInformation;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>A neighbour on the pods' interface: pod 1 is 10.2.0.11, fd02::11 and 02:00:00:00:0d:01.</summary>
public sealed record Pod(int Number)
{
    public const int Count = 16;

    public PhysicalAddress Mac => new([2, 0, 0, 0, 0x0d, (byte)Number]);

    public static IReadOnlyList<Pod> First(int count) => [.. Enumerable.Range(1, count).Select(number => new Pod(number))];

    public IPAddress Address(Family family) => IPAddress.Parse(family == Family.Ip4 ? $"10.2.0.{10 + Number}" : $"fd02::{10 + Number}");

    public IPEndPoint At(Family family, int port) => new(Address(family), port);
}
