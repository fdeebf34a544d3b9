using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Of ICMP only echoes are anybody's flow, and each type in its own direction only.</summary>
public sealed class EchoStories
{
    [Theory]
    [InlineData(IpFamily.Ip4, IpProtocol.Icmp, 8)]
    [InlineData(IpFamily.Ip6, IpProtocol.Icmp6, 128)]
    public void OfAllTypesOnlyAnEchoRequestIsBalanced(IpFamily family, byte protocol, int request)
    {
        using var scene = new OtherScene(family);
        for (int type = 0; type <= 255; type++)
        {
            PacketSpec packet = scene.Request(protocol) with { IcmpType = type };
            if (type == request) _ = scene.Send(packet);
            else if (!IsError(family, type)) scene.AssertRefused(packet.Build(), Outcome.IcmpNotSupported);
        }

        scene.AssertRefused(scene.Request(protocol, client: 2).Build(), Outcome.EchoRequest, vipSlot: 1);
    }

    [Theory]
    [InlineData(IpFamily.Ip4, IpProtocol.Icmp, 0)]
    [InlineData(IpFamily.Ip6, IpProtocol.Icmp6, 129)]
    public void OfAllTypesOnlyAnEchoReplyIsAnAnswer(IpFamily family, byte protocol, int reply)
    {
        using var scene = new OtherScene(family);
        PacketSpec request = scene.Request(protocol);
        uint pod = scene.Send(request).PodSlot;
        for (int type = 0; type <= 255; type++)
        {
            PacketSpec packet = scene.Answer(protocol, pod) with { IcmpType = type };
            if (type == reply) scene.AssertAnswers(packet, request);
            else scene.AssertPasses(packet.Build());
        }

        scene.AssertPasses(scene.Answer(protocol, pod, client: 2).Build());
    }

    [Theory]
    [InlineData(IpFamily.Ip4, IpProtocol.Icmp)]
    [InlineData(IpFamily.Ip6, IpProtocol.Icmp6)]
    public void WithoutAWholeEchoHeaderNothingIsReadOrWritten(IpFamily family, byte protocol)
    {
        using var scene = new OtherScene(family);
        byte[] whole = scene.Request(protocol).Build();
        int ipBytes = family == IpFamily.Ip4 ? 20 : 40;
        for (int length = ipBytes; length < ipBytes + 8; length++) scene.AssertRefused(whole[..length], Outcome.Truncated);
    }

    private static bool IsError(IpFamily family, int type) => family == IpFamily.Ip4 ? type is 3 or 4 or 11 or 12 : type is 1 or 2 or 3 or 4;

    /// <summary>ICMP of the other family is a protocol like any other, and has no checksum with a pseudo header.</summary>
    [Theory]
    [InlineData(IpFamily.Ip4, IpProtocol.Icmp6)]
    [InlineData(IpFamily.Ip6, IpProtocol.Icmp)]
    public void TheOtherFamilysIcmpIsAProtocolLikeAnyOther(IpFamily family, byte protocol)
    {
        using var scene = new OtherScene(family);
        PacketSpec request = scene.Request(protocol) with { IcmpType = 200 };
        uint pod = scene.Send(request).PodSlot;
        scene.AssertAnswers(scene.Answer(protocol, pod) with { IcmpType = 201 }, request);
    }
}
