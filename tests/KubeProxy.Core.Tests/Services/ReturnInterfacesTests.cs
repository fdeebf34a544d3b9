using System.Net.Sockets;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public class ReturnInterfacesTests
{
    [Fact]
    public void EachFamilyIsSetAndDeletedForItself()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku set interface nat4 in pg1", "ku set interface nat6 in pg1");
        Assert.Equal([(2u, AddressFamily.InterNetwork), (2u, AddressFamily.InterNetworkV6)], fixture.Plane.Features);
        Assert.Equal([new("pg1", "nat4 nat6")], fixture.Catalog.Interfaces);
        fixture.Run("ku set interface nat4 in pg1 del");
        Assert.Equal([new("pg1", "nat6")], fixture.Catalog.Interfaces);
    }

    [Fact]
    [Trait("Defect", "A-20")]
    public void SettingTwiceAndDeletingWhatIsNotSetAreErrors()
    {
        using var fixture = new CatalogFixture();
        Assert.Equal("nat4 is not set on interface pg1", fixture.Fail("ku set interface nat4 in pg1 del"));
        fixture.Run("ku set interface nat4 in pg1");
        Assert.Equal("nat4 is already set on interface pg1", fixture.Fail("ku set interface nat4 in pg1"));
        Assert.Equal("nat6 is not set on interface pg1", fixture.Fail("ku set interface nat6 in pg1 del"));
    }

    [Fact]
    public void AnInterfaceThatWasDeletedAndMadeAgainCanBeSetAgain()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku set interface nat4 in pg1");
        fixture.Plane.InterfaceNames.Remove("pg1");
        Assert.Equal([new("deleted interface 2", "nat4")], fixture.Catalog.Interfaces);
        fixture.Catalog.ForgetInterface(2);
        Assert.Empty(fixture.Catalog.Interfaces);
        fixture.Plane.Features.Clear();
        fixture.Plane.InterfaceNames.Add("pg1", 2);
        fixture.Run("ku set interface nat4 in pg1");
    }
}
