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

    private static unsafe IPEndPoint EndPoint(byte* address, int addressBytes, ushort portWire) =>
        new(new IPAddress(new ReadOnlySpan<byte>(address, addressBytes)), Be16.FromWire(portWire).Host);
}
