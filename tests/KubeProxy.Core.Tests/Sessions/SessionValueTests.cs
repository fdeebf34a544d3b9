using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

public sealed class SessionValueTests
{
    [Fact]
    public void AValueGivesBackWhatWasPacked()
    {
        Gen.Select(Gen.UInt[0, SessionValue.PodSlotMask], Gen.UInt[0, SessionKind.Count - 1], Gen.UInt[0, SessionValue.TickPeriod - 1]).Sample(
            (podSlot, kind, tick) =>
            {
                uint value = SessionValue.Pack(podSlot, kind, tick);
                return SessionValue.PodSlot(value) == podSlot && SessionValue.Kind(value) == kind && SessionValue.Tick(value) == tick;
            });
    }

    [Fact]
    public void NoSessionOfARealPodIsZero()
    {
        Gen.Select(Gen.UInt[1, SessionValue.PodSlotMask], Gen.UInt[0, SessionKind.Count - 1], Gen.UInt[0, SessionValue.TickPeriod - 1]).Sample(
            (podSlot, kind, tick) => SessionValue.Pack(podSlot, kind, tick) != 0);
    }

    [Theory]
    [InlineData(SessionKind.Udp, FlowClass.Udp)]
    [InlineData(SessionKind.Sctp, FlowClass.Sctp)]
    [InlineData(SessionKind.Other, FlowClass.Other)]
    [InlineData(SessionKind.TcpOpening, FlowClass.Tcp)]
    [InlineData(SessionKind.TcpEstablished, FlowClass.Tcp)]
    [InlineData(SessionKind.TcpClientClosed, FlowClass.Tcp)]
    [InlineData(SessionKind.TcpPodClosed, FlowClass.Tcp)]
    [InlineData(SessionKind.TcpClosing, FlowClass.Tcp)]
    public void AKindBelongsToItsFlowClassAndToNoOther(uint kind, uint flowClass)
    {
        uint value = SessionValue.Pack(1, kind, 0);
        Assert.Equal(flowClass, SessionValue.ClassOf(kind));
        foreach (uint other in (uint[])[FlowClass.Udp, FlowClass.Sctp, FlowClass.Other, FlowClass.Tcp])
            Assert.Equal(other == flowClass, SessionValue.IsOfClass(value, other));
    }
}
