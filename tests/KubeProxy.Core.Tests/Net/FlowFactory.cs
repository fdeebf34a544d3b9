using KubeProxy.Core.Net;

namespace KubeProxy.Core.Tests.Net;

/// <summary>Makes five-tuples of either family from small numbers, so that one test body serves both families.</summary>
public static class FlowFactory
{
    /// <summary>A five-tuple; ports are numbers, not wire order.</summary>
    public static TFlow Create<TFlow>(uint client, uint vip, ushort clientPort, ushort vipPort, uint flowClass)
        where TFlow : unmanaged, IFlow<TFlow>
    {
        ushort source = Be16.FromHost(clientPort).Wire;
        ushort destination = Be16.FromHost(vipPort).Wire;
        return typeof(TFlow) == typeof(Ip4Flow)
            ? (TFlow)(object)Create4(client, vip, source, destination, flowClass)
            : (TFlow)(object)Create6(client, vip, source, destination, flowClass);
    }

    private static Ip4Flow Create4(uint client, uint vip, ushort source, ushort destination, uint flowClass) => new()
    {
        Source = client,
        Destination = vip,
        SourcePortWire = source,
        DestinationPortWire = destination,
        Class = flowClass,
    };

    private static Ip6Flow Create6(uint client, uint vip, ushort source, ushort destination, uint flowClass) => new()
    {
        SourceFirst = 0xB80D_0120,
        SourceSecond = (ulong)client << 32,
        DestinationFirst = 0x9600_00FD,
        DestinationSecond = (ulong)vip << 32,
        SourcePortWire = source,
        DestinationPortWire = destination,
        Class = flowClass,
    };
}
