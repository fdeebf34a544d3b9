using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Further addresses of a VIP: external addresses that have its services and pods.</summary>
public sealed unsafe class AliasTests : IDisposable
{
    private const string Alias = "ku vip 192.0.2.10 same_as 90.0.0.0/8";
    private readonly CatalogFixture _fixture = new();

    public AliasTests() => _fixture.RunAll("ku vip 90.0.0.0/8 port 80 new_len 16", "ku pod 90.0.0.0/8 10.0.0.1");

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void WorkersFindTheSameEntryUnderBothAddresses()
    {
        _fixture.Run(Alias);
        Assert.True(_fixture.Native("90.0.0.0/8") == _fixture.Native("192.0.2.10/32"));
        Assert.Equal(2, _fixture.Plane.InstalledVips.Count);
        Assert.Contains("vips            2\nservices        2\nnode ports      0 of 30000-32767\npods            2 active", _fixture.Run("show ku"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.2")]
    [InlineData("ku pod 192.0.2.10 10.0.0.2")]
    [InlineData("ku pod 192.0.2.10 10.0.0.1 del")]
    [InlineData("ku pod 192.0.2.10 10.0.0.1 weight 0")]
    [InlineData("ku pod 192.0.2.10 10.0.0.1 drain 0")]
    [InlineData("ku vip 90.0.0.0/8 port 81")]
    [InlineData("ku vip 90.0.0.0/8 port 80 protocol udp del")]
    public void EveryChangeChangesAllAddressesInOnePublication(string line)
    {
        _fixture.RunAll(Alias, "ku vip 192.0.2.11 same_as 192.0.2.10");
        VipEntry* before = _fixture.Native("90.0.0.0/8");
        int publications = Publications();
        _fixture.Run(line);
        Assert.Equal(1, Publications() - publications);
        Assert.True(_fixture.Native("90.0.0.0/8") != before);
        Assert.True(_fixture.Native("90.0.0.0/8") == _fixture.Native("192.0.2.10/32"));
        Assert.True(_fixture.Native("90.0.0.0/8") == _fixture.Native("192.0.2.11/32"));
    }

    [Fact]
    public void AddressesOnDifferentPagesOfTheSnapshotChangeTogether()
    {
        _fixture.Plane.ChecksSnapshots = false;
        _fixture.RunAll([.. Enumerable.Range(0, 300).Select(i => $"ku vip 92.0.{i / 100}.{i % 100} port 80 protocol tcp")]);
        _fixture.RunAll(Alias, "ku vip 192.0.2.11 same_as 90.0.0.0/8", "ku pod 192.0.2.10 10.0.0.2");
        Assert.True(_fixture.Native("90.0.0.0/8") == _fixture.Native("192.0.2.11/32"));
        Assert.Equal(2u, VipEntry.Find(_fixture.Native("192.0.2.10/32"), IpProtocol.Tcp, Be16.FromHost(80).Wire)->PodCount);
        _fixture.RunAll("ku vip 192.0.2.10 del", "ku vip 192.0.2.11 same_as 90.0.0.0/8 del");
        Assert.Equal(301, SnapshotReader.CountVips(_fixture.Plane.Published));
    }

    [Theory]
    [InlineData("ku vip 192.0.2.10 del")]
    [InlineData("ku vip 192.0.2.10 same_as 90.0.0.0/8 del")]
    public void AnAddressGoesAloneAndNothingIsLeftOfIt(string line)
    {
        _fixture.Run("ku vip 93.0.0.0/8");
        _fixture.Run("ku vip 93.0.0.0/8 del");
        string before = _fixture.Describe();
        _fixture.RunAll(Alias, line);
        Assert.Equal(before, _fixture.Describe());
        Assert.Equal("no VIP 192.0.2.10/32", _fixture.Fail(line));
    }

    [Theory]
    [InlineData("ku vip 192.0.2.10 same_as 90.0.0.0/8", "VIP 192.0.2.10/32 is there already")]
    [InlineData("ku vip 90.0.0.0/8 same_as 192.0.2.10", "VIP 90.0.0.0/8 is there already")]
    [InlineData("ku vip 192.0.2.12 same_as 91.0.0.0/8", "no VIP 91.0.0.0/8")]
    [InlineData("ku vip 2003::1 same_as 90.0.0.0/8", "VIP 2003::1/128 is IPv6 and VIP 90.0.0.0/8 is IPv4: they cannot have the same pods")]
    [InlineData("ku vip 10.0.0.0/24 same_as 90.0.0.0/8", "VIP 10.0.0.0/24 covers the pod 10.0.0.1: packets to the pod would come back to the VIP for ever")]
    [InlineData("ku vip 224.0.0.1 same_as 90.0.0.0/8", "VIP 224.0.0.1/32 overlaps 224.0.0.0/4 (multicast): it cannot be a service")]
    [InlineData("ku vip 192.0.2.12 port 80 same_as 90.0.0.0/8", "same_as 90.0.0.0/8 means all services of that VIP: no other option has a place beside it")]
    [InlineData("ku vip 192.0.2.12 new_len 8 same_as 90.0.0.0/8", "same_as 90.0.0.0/8 means all services of that VIP: no other option has a place beside it")]
    [InlineData("ku vip 192.0.2.12 same_as", "option same_as needs a value")]
    [InlineData("ku vip 192.0.2.12 same_as there", "\"there\" is not a prefix")]
    [InlineData("ku vip 192.0.2.10 port 81", "VIP 192.0.2.10/32 is the same as VIP 90.0.0.0/8: add services there")]
    [InlineData("ku vip 192.0.2.10 port 80 del", "VIP 192.0.2.10/32 is the same as VIP 90.0.0.0/8: delete services there, or the whole address")]
    [InlineData("ku vip 90.0.0.0/8 del", "VIP 90.0.0.0/8 has another address, VIP 192.0.2.10/32: delete that first")]
    [InlineData("ku vip 92.0.0.0/8 same_as 90.0.0.0/8 del", "VIP 92.0.0.0/8 is not the same as VIP 90.0.0.0/8")]
    [InlineData("ku pod 192.0.2.10 192.0.2.10", "pod 192.0.2.10 is inside VIP 192.0.2.10/32: its packets would come back to the VIP for ever")]
    public void WhatCannotBeIsRefusedByName(string line, string message)
    {
        _fixture.RunAll(Alias, "ku vip 92.0.0.0/8");
        Assert.Equal(message, _fixture.Fail(line));
    }

    [Theory]
    [InlineData(Alias)]
    [InlineData("ku vip 192.0.2.11 del")]
    [InlineData("ku pod 192.0.2.11 10.0.0.2")]
    [InlineData("ku pod 192.0.2.11 10.0.0.1 drain 5")]
    public void WhateverStepFailsNothingHasChanged(string line)
    {
        for (int step = 1; ; step++)
        {
            using var fixture = new CatalogFixture();
            fixture.RunAll("ku vip 90.0.0.0/8 port 80 new_len 16", "ku pod 90.0.0.0/8 10.0.0.1", "ku vip 192.0.2.11 same_as 90.0.0.0/8");
            string before = fixture.Describe();
            fixture.Plane.FailAfter = step;
            try
            {
                fixture.Run(line);
                break;
            }
            catch (CommandException)
            {
                fixture.Plane.FailAfter = 0;
                Assert.Equal(before, fixture.Describe());
            }
        }
    }

    [Fact]
    public void ShowNamesWhatAnAddressIsTheSameAs()
    {
        _fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol udp del", Alias);
        Assert.Equal(
            "vip         protocol  port  target_port  node_port  nat   new_len  pods  draining\n"
            + "90.0.0.0/8  tcp       80    80           -          nat4       16     1         0\n"
            + "192.0.2.10/32 same_as 90.0.0.0/8",
            _fixture.Run("show ku vip"));
        Assert.Equal("192.0.2.10/32 same_as 90.0.0.0/8", _fixture.Run("show ku vip 192.0.2.10"));
        Assert.EndsWith("\n192.0.2.10/32 same_as 90.0.0.0/8", _fixture.Run("show ku vip verbose"), StringComparison.Ordinal);
        Assert.True(_fixture.Vip("90.0.0.0/8").IsReachedAt(System.Net.IPAddress.Parse("192.0.2.10")));
        Assert.False(_fixture.Vip("90.0.0.0/8").IsReachedAt(System.Net.IPAddress.Parse("192.0.2.11")));
    }

    private int Publications() => _fixture.Plane.Log.Count(call => call == "Publish");
}
