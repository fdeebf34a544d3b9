using System.Net;
using KubeProxy.Core.Net;

namespace KubeProxy.Plugin.Nodes;

/// <summary>A five-tuple out of a trace as text, whatever its family.</summary>
internal static unsafe class FlowText
{
    /// <summary>Bytes of a family's address.</summary>
    public static int AddressBytes(bool isIp6) => isIp6 ? 16 : 4;

    /// <summary>The protocol's number.</summary>
    public static byte Protocol(byte* flow, bool isIp6) =>
        *(uint*)(flow + (2 * AddressBytes(isIp6)) + 4) == FlowClass.Tcp ? IpProtocol.Tcp : IpProtocol.Udp;

    /// <summary>Source address and port.</summary>
    public static IPEndPoint Source(byte* flow, bool isIp6) => EndPoint(flow, *(ushort*)(flow + (2 * AddressBytes(isIp6))), isIp6);

    /// <summary>Destination address and port.</summary>
    public static IPEndPoint Destination(byte* flow, bool isIp6) =>
        EndPoint(flow + AddressBytes(isIp6), *(ushort*)(flow + (2 * AddressBytes(isIp6)) + 2), isIp6);

    /// <summary>An address, and a port in wire order.</summary>
    public static IPEndPoint EndPoint(byte* address, ushort portWire, bool isIp6) =>
        new(new IPAddress(new ReadOnlySpan<byte>(address, AddressBytes(isIp6))), Be16.FromWire(portWire).Host);
}
