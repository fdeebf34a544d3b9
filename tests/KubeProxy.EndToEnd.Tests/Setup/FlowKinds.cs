using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>Both families with TCP and UDP.</summary>
public sealed class FlowKinds : TheoryData<Family, Transport>
{
    public static IReadOnlyList<Transport> Transports { get; } = [Transport.Tcp, Transport.Udp];

    public FlowKinds()
    {
        Add(Family.Ip4, Transport.Tcp);
        Add(Family.Ip4, Transport.Udp);
        Add(Family.Ip6, Transport.Tcp);
        Add(Family.Ip6, Transport.Udp);
    }
}

/// <summary>Both families with the protocols that have ports, SCTP among them.</summary>
public sealed class PortKinds : TheoryData<Family, Transport>
{
    public PortKinds()
    {
        foreach (Family family in (Family[])[Family.Ip4, Family.Ip6])
        {
            Add(family, Transport.Tcp);
            Add(family, Transport.Udp);
            Add(family, Transport.Sctp);
        }
    }
}
