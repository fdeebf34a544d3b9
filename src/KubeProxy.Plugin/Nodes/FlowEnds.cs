using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;

namespace KubeProxy.Plugin.Nodes;

/// <summary>A five-tuple out of a trace, whatever its family, as text has it: "tcp 10.1.0.10:40001 -> 10.96.0.10:53".</summary>
internal readonly record struct FlowEnds(byte Protocol, IPEndPoint Source, IPEndPoint Destination)
{
    /// <summary>Reads a five-tuple: in both families the two addresses come first, then the two ports, then the class.</summary>
    public static unsafe FlowEnds Read(byte* flow, bool isIp6)
    {
        int addressBytes = isIp6 ? 16 : 4;
        ushort* portsWire = (ushort*)(flow + (2 * addressBytes));
        byte protocol = OtherHeader.ProtocolOf(*(uint*)(portsWire + 2), portsWire[1]);
        return new FlowEnds(protocol, EndPoint(flow, addressBytes, portsWire[0]), EndPoint(flow + addressBytes, addressBytes, portsWire[1]));
    }

    /// <summary>The source, with its port if the protocol has ports.</summary>
    public string SourceText => ServiceKey.EndOf(Protocol, Source);

    /// <summary>The destination, with its port if the protocol has ports.</summary>
    public string DestinationText => ServiceKey.EndOf(Protocol, Destination);

    /// <inheritdoc/>
    public override string ToString() => $"{ServiceKey.NameOf(Protocol)} {SourceText} -> {DestinationText}";

    /// <summary>An address and a port; an IPv4 address that stands in IPv6's tables as it is.</summary>
    public static IPEndPoint EndPoint(IPAddress address, ushort portWire) =>
        new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, Be16.FromWire(portWire).Host);

    private static unsafe IPEndPoint EndPoint(byte* address, int addressBytes, ushort portWire) =>
        EndPoint(new IPAddress(new ReadOnlySpan<byte>(address, addressBytes)), portWire);
}
