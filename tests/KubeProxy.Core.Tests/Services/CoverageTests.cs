using System.Net;
using CsCheck;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>The two questions that keep packets from looping: which VIP covers an address, which pod is in a prefix.</summary>
public class CoverageTests
{
    private static readonly Gen<IPAddress> NearAddress = Gen.OneOf(
        Gen.UInt[0x0A00_0000, 0x0A00_00FF].Select(number => Addresses.FromNumber(number, System.Net.Sockets.AddressFamily.InterNetwork)),
        Gen.UInt[1, 255].Select(number => Addresses.FromNumber(((UInt128)0x2001 << 112) | number, System.Net.Sockets.AddressFamily.InterNetworkV6)));

    private static readonly Gen<IPNetwork> NearPrefix = Gen.Select(NearAddress, Gen.Int[1, 10], (address, hostBits) =>
        Addresses.PrefixOf(address, Addresses.BitCount(address.AddressFamily) - hostBits));

    [Fact]
    public void TheLongestVipThatHoldsAnAddressIsFound() =>
        Gen.Select(NearPrefix.HashSet[0, 20], NearAddress).Sample((prefixes, address) =>
        {
            var table = new VipTable();
            foreach (IPNetwork prefix in prefixes) table.Add(new Vip(new VipKey(prefix), 0));
            var holding = prefixes.Where(prefix => prefix.Contains(address)).ToList();
            Vip? found = table.FindCovering(address, table: 0);
            Assert.Equal(holding.Count == 0 ? null : holding.MaxBy(prefix => prefix.PrefixLength), found?.Prefix);
            foreach (Vip vip in table.Sorted()) table.Remove(vip);
            Assert.Null(table.FindCovering(address, table: 0));
            Assert.Equal(0, table.Count);
        });

    [Fact]
    public void VipsAreSortedByFamilyAddressAndLength()
    {
        var table = new VipTable();
        foreach (string prefix in new[] { "2003::/16", "90.0.0.0/16", "9.0.0.0/8", "90.0.0.0/8" }) table.Add(new Vip(new VipKey(IPNetwork.Parse(prefix)), 0));
        Assert.Equal(["9.0.0.0/8", "90.0.0.0/8", "90.0.0.0/16", "2003::/16"], table.Sorted().Select(vip => vip.Prefix.ToString()));
    }

    [Fact]
    public void ThePodInAPrefixIsFoundAsLongAsOneHasItsAddress() =>
        Gen.Select(NearAddress.List[0, 20], NearAddress.List[0, 20], NearPrefix).Sample((added, removed, prefix) =>
        {
            var addresses = new FollowedAddresses();
            var left = new List<IPAddress>(added);
            foreach (IPAddress address in added) addresses.Add(address);
            foreach (IPAddress address in removed)
            {
                if (left.Remove(address)) addresses.Remove(address);
            }

            IPAddress? expected = left.Where(prefix.Contains).MinBy(Addresses.ToNumber);
            Assert.Equal(expected, addresses.FindIn(prefix));
        });
}
