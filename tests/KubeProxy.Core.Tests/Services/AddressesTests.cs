using System.Net;
using System.Net.Sockets;
using CsCheck;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public class AddressesTests
{
    private static readonly Gen<IPAddress> AnyAddress = Gen.OneOf(
        Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes)),
        Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes)));

    [Fact]
    public void AnAddressSurvivesTheWayThroughItsNumber() =>
        AnyAddress.Sample(address => Assert.Equal(address, Addresses.FromNumber(Addresses.ToNumber(address), address.AddressFamily)));

    [Fact]
    public void NumbersOrderAsAddressesDo()
    {
        Assert.Equal(0x0A00_0001u, Addresses.ToNumber(IPAddress.Parse("10.0.0.1")));
        Assert.Equal((UInt128)0x2001 << 112 | 2, Addresses.ToNumber(IPAddress.Parse("2001::2")));
    }

    [Theory]
    [InlineData("90.1.2.3", 8, "90.0.0.0/8")]
    [InlineData("90.1.2.3", 0, "0.0.0.0/0")]
    [InlineData("90.1.2.3", 32, "90.1.2.3/32")]
    [InlineData("2003::1", 16, "2003::/16")]
    [InlineData("2003::1", 0, "::/0")]
    [InlineData("2003::1", 128, "2003::1/128")]
    public void HostBitsOfAPrefixAreCleared(string address, int length, string prefix) =>
        Assert.Equal(IPNetwork.Parse(prefix), Addresses.PrefixOf(IPAddress.Parse(address), length));

    [Fact]
    public void APrefixHoldsExactlyTheAddressesBetweenItsFirstAndLast() =>
        Gen.Select(AnyAddress, AnyAddress, Gen.Int[0, 128]).Sample((address, other, length) =>
        {
            IPNetwork prefix = Addresses.PrefixOf(address, Math.Min(length, Addresses.BitCount(address.AddressFamily)));
            if (other.AddressFamily != address.AddressFamily) return;
            UInt128 number = Addresses.ToNumber(other);
            Assert.Equal(prefix.Contains(other), number >= Addresses.First(prefix) && number <= Addresses.Last(prefix));
        });

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", true)]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0/8", false)]
    [InlineData("::/0", "10.0.0.0/8", false)]
    [InlineData("2001::/16", "2001::1/128", true)]
    public void PrefixesOverlapWhenOneHoldsTheOther(string left, string right, bool expected) =>
        Assert.Equal(expected, Addresses.Overlap(IPNetwork.Parse(left), IPNetwork.Parse(right)));

    [Fact]
    public void FamiliesHaveTheirNames()
    {
        Assert.Equal("nat4", Addresses.NatWord(AddressFamily.InterNetwork, isTranslated: false));
        Assert.Equal("nat6", Addresses.NatWord(AddressFamily.InterNetworkV6, isTranslated: false));
        Assert.Equal("IPv4", Addresses.FamilyName(AddressFamily.InterNetwork));
        Assert.Equal("IPv6", Addresses.FamilyName(AddressFamily.InterNetworkV6));
    }
}
