using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Testbed.Packets;

/// <summary>One direction of a conversation.</summary>
public readonly record struct Flow(Transport Transport, IPEndPoint Source, IPEndPoint Destination)
{
    public bool IsIp6 => Source.AddressFamily == AddressFamily.InterNetworkV6;

    public Flow Reversed => new(Transport, Destination, Source);

    public override string ToString() => $"{Transport} {Source} -> {Destination}";
}
