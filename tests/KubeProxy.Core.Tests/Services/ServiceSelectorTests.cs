using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public class ServiceSelectorTests
{
    [Fact]
    public void APortWithoutAProtocolIsTcpAndUdp()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 90.0.0.0/8 port 53");
        Assert.Equal([new(IpProtocol.Tcp, 53), new(IpProtocol.Udp, 53)], fixture.Vip("90.0.0.0/8").Services.Select(service => service.Key));
    }

    [Fact]
    public void NoPortIsEveryPortAndProtocol()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8", "ku vip 91.0.0.0/8 protocol any", "ku vip 92.0.0.0/8 protocol tcp");
        Assert.NotNull(fixture.Service("90.0.0.0/8", IpProtocol.Any, 0));
        Assert.NotNull(fixture.Service("91.0.0.0/8", IpProtocol.Any, 0));
        Assert.NotNull(fixture.Service("92.0.0.0/8", IpProtocol.Tcp, 0));
    }

    [Fact]
    public void ProtocolAnyHasNoPort()
    {
        using var fixture = new CatalogFixture();
        Assert.Equal(
            "protocol any has no port 80: say tcp, udp or sctp, or leave the protocol out for tcp and udp",
            fixture.Fail("ku vip 90.0.0.0/8 port 80 protocol any"));
    }

    [Fact]
    public void WithoutAPortAPodGoesToTheOnlyServiceOrToBothProtocolsOfTheOnlyPort()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 53", "ku pod 90.0.0.0/8 10.0.0.1");
        Assert.NotNull(fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 53, "10.0.0.1"));
        Assert.NotNull(fixture.Pod("90.0.0.0/8", IpProtocol.Udp, 53, "10.0.0.1"));
    }

    [Fact]
    public void WithoutAPortSeveralServicesAreListed()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku vip 90.0.0.0/8 port 53 protocol udp", "ku vip 90.0.0.0/8");
        const string Expected = "VIP 90.0.0.0/8 has several services, name one of: protocol any; protocol udp port 53; protocol tcp port 80";
        Assert.Equal(Expected, fixture.Fail("ku pod 90.0.0.0/8 10.0.0.1"));
        Assert.Equal(Expected, fixture.Fail("ku vip 90.0.0.0/8 del"));
    }

    [Fact]
    public void EveryListedServiceCanBeNamedAsItIsListed()
    {
        using var fixture = new CatalogFixture();
        string[] services = ["protocol any", "protocol tcp", "protocol udp port 53", "protocol tcp port 80"];
        foreach (string service in services) fixture.Run($"ku vip 90.0.0.0/8 {service}");
        foreach (string service in services)
        {
            fixture.Run($"ku pod 90.0.0.0/8 {service} 10.0.0.1");
            Assert.Contains("already serves " + service + " of", fixture.Fail($"ku pod 90.0.0.0/8 {service} 10.0.0.1"), StringComparison.Ordinal);
            fixture.Run($"ku vip 90.0.0.0/8 {service} del");
        }

        Assert.Equal(0, fixture.Catalog.VipCount);
    }

    [Fact]
    public void AProtocolAloneMeansItsOnlyService()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku vip 90.0.0.0/8 port 53 protocol udp", "ku pod 90.0.0.0/8 protocol udp 10.0.0.1");
        Assert.NotNull(fixture.Pod("90.0.0.0/8", IpProtocol.Udp, 53, "10.0.0.1"));
        Assert.Empty(fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).Pods);
    }

    [Fact]
    public void AServiceThatIsNotThereIsNamedAndThoseThatAreThereAreListed()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp");
        const string Has = "; it has: protocol tcp port 80";
        Assert.Equal("VIP 90.0.0.0/8 has no service port 81" + Has, fixture.Fail("ku pod 90.0.0.0/8 port 81 10.0.0.1"));
        Assert.Equal("VIP 90.0.0.0/8 has no service protocol udp port 80" + Has, fixture.Fail("ku pod 90.0.0.0/8 port 80 protocol udp 10.0.0.1"));
        Assert.Equal("VIP 90.0.0.0/8 has no service protocol udp" + Has, fixture.Fail("ku vip 90.0.0.0/8 protocol udp del"));
        Assert.Equal("VIP 90.0.0.0/8 has no service protocol any" + Has, fixture.Fail("ku vip 90.0.0.0/8 protocol any del"));
    }

    [Fact]
    public void ALongListIsCut()
    {
        using var fixture = new CatalogFixture();
        for (int port = 1; port <= 20; port++) fixture.Run($"ku vip 90.0.0.0/8 port {port} protocol tcp");
        Assert.EndsWith("protocol tcp port 16; and 4 more", fixture.Fail("ku pod 90.0.0.0/8 10.0.0.1"), StringComparison.Ordinal);
    }
}
