using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>Both families with both protocols.</summary>
public sealed class FlowKinds : TheoryData<Family, Transport>
{
    public FlowKinds()
    {
        Add(Family.Ip4, Transport.Tcp);
        Add(Family.Ip4, Transport.Udp);
        Add(Family.Ip6, Transport.Tcp);
        Add(Family.Ip6, Transport.Udp);
    }
}
