using System.Net.NetworkInformation;

namespace KubeProxy.Testbed.Packets;

/// <summary>The Ethernet addresses of one hop.</summary>
public sealed record Link(PhysicalAddress From, PhysicalAddress To);
