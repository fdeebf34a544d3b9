using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>MAL-11: who may open a session. Nobody may whose address cannot be another single host's.</summary>
public sealed class SourceTests
{
    [Theory]
    [Trait("Check", "MAL-11")]
    [InlineData("0.0.0.0")]
    [InlineData("0.255.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("febf::1")]
    [InlineData("ff02::1")]
    [InlineData("ffff::1")]
    public void NobodyOpensASessionWhoIsNoSingleHost(string source)
    {
        foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp]) AssertHeld(IPAddress.Parse(source), protocol);
    }

    /// <summary>0.0.0.0 stands for "none" in the records of pods: a flow to it would change bytes that are no checksum.</summary>
    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void NobodyOpensASessionToTheUnspecifiedAddress(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip4);
        byte[] packet = new PacketSpec(Site.Client(IpFamily.Ip4), new IPEndPoint(IPAddress.Any, 80), protocol).Build();
        for (int time = 0; time < 2; time++)
        {
            Verdict verdict = site.Forward(new TestPacket(packet, 2));
            Assert.Equal((Outcome.BadSource, SessionUse.None), (verdict.Outcome, verdict.Session));
            Assert.Equal(packet, verdict.Bytes);
        }
    }

    [Theory]
    [InlineData("1.0.0.0")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.254")]
    [InlineData("::2")]
    [InlineData("::1:0:0")]
    [InlineData("fec0::1")]
    [InlineData("fdff::1")]
    [InlineData("fe7f::1")]
    public void EveryOtherAddressOpensOne(string source)
    {
        using Topology site = SiteOf(IPAddress.Parse(source));
        PacketSpec request = site.Request(IpProtocol.Udp) with { From = new IPEndPoint(IPAddress.Parse(source), 4000) };
        Assert.Equal((Outcome.Translated, SessionUse.First), (site.Forward(request).Outcome, site.Forward(request with { From = new IPEndPoint(IPAddress.Parse(source), 4001) }).Session));
    }

    /// <summary>LAND: from the VIP to itself.</summary>
    [Theory]
    [Trait("Check", "MAL-11")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketFromItsOwnDestinationIsDropped(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        foreach (int port in (int[])[80, 4000])
        {
            PacketSpec request = site.Request(protocol) with { From = Site.Vip(family, 1, port) };
            Assert.Equal(Outcome.BadSource, site.Forward(request).Outcome);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APodOpensOneToItsOwnServiceAndToOthers(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol) with { From = new IPEndPoint(site.PodOf(site.Pods(protocol)[0], 80).Address, 4000) };
        Assert.Equal(Outcome.Translated, site.Forward(request).Outcome);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void AProtocolWithoutPortsMakesNoDifference(string source)
    {
        using Topology site = SiteOf(IPAddress.Parse(source));
        PacketSpec request = new(new IPEndPoint(IPAddress.Parse(source), 0), Site.Vip(site.Family), OtherScene.Gre);
        Assert.Equal(Outcome.BadSource, site.Forward(new TestPacket(request.Build(), OtherScene.VipSlot)).Outcome);
    }

    private static Topology SiteOf(IPAddress source) => new(source.GetAddressBytes().Length == 4 ? IpFamily.Ip4 : IpFamily.Ip6);

    private static unsafe void AssertHeld(IPAddress source, byte protocol)
    {
        using Topology site = SiteOf(source);
        PacketSpec request = site.Request(protocol) with { From = new IPEndPoint(source, 4000) };
        Verdict verdict = site.Forward(request);
        Assert.Equal((Outcome.BadSource, SessionUse.None), (verdict.Outcome, verdict.Session));
        Assert.Equal(request.Build(), verdict.Bytes);
        Worker* worker = site.Path.Worker();
        Assert.Equal(0u, worker->Sessions4.LiveCount + worker->Sessions6.LiveCount);
    }
}
