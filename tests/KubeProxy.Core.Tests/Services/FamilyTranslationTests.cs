using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>VIPs whose pods are of the other family: what workers find in the records, and what is refused.</summary>
public sealed unsafe class FamilyTranslationTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Nat46PodsHaveTheirAddressAndTheirVipIsCounted()
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 protocol udp nat46", "ku pod 90.0.0.1 2001::1");
        PodRecord* pod = PodAt("90.0.0.1/32", "2001::1");
        Assert.Equal(IPAddress.Parse("2001::1"), AddressOf(pod));
        Assert.Equal((1u, 0u), Counts);
        _fixture.RunAll("ku vip 90.0.0.1 del");
        Assert.Equal((0u, 0u), Counts);
    }

    [Fact]
    public void Nat64PodsAndTheMasqueradeStandAsMappedAddresses()
    {
        _fixture.RunAll("ku vip 2003::1 port 80 protocol udp nat64 masquerade 10.9.9.9", "ku pod 2003::1 10.0.0.1");
        PodRecord* pod = PodAt("2003::1/128", "10.0.0.1");
        Assert.Equal(IPAddress.Parse("::ffff:10.0.0.1"), AddressOf(pod));
        Assert.Equal(Ip6Sum(pod), pod->AddressSum);
        Assert.Equal(IPAddress.Parse("::ffff:10.9.9.9"), new IPAddress(new ReadOnlySpan<byte>(_fixture.Plane.Masquerades[pod->MasqueradeIndex].Bytes, 16)));
        Assert.Equal((0u, 1u), Counts);
        _fixture.RunAll("ku vip 2003::1 del");
        Assert.Equal((0u, 0u), Counts);
    }

    [Fact]
    public void AnIp4ServiceWithTheSameMasqueradeHasAPlaceOfItsOwn()
    {
        _fixture.RunAll("ku vip 2003::1 nat64 masquerade 10.9.9.9", "ku vip 90.0.0.1 masquerade 10.9.9.9", "ku pod 2003::1 10.0.0.1", "ku pod 90.0.0.1 10.0.0.1");
        Assert.NotEqual(PodAt("2003::1/128", "10.0.0.1")->MasqueradeIndex, PodAt("90.0.0.1/32", "10.0.0.1")->MasqueradeIndex);
    }

    [Fact]
    public void AFailedVipIsNotCounted()
    {
        for (int step = 1; step < 40; step++)
        {
            _fixture.Plane.FailAfter = step;
            try
            {
                _fixture.RunAll("ku vip 90.0.0.1 port 80 nat46");
                _fixture.Plane.FailAfter = 0;
                Assert.Equal((1u, 0u), Counts);
                return;
            }
            catch (KubeProxy.Core.Services.CommandException)
            {
                _fixture.Plane.FailAfter = 0;
                Assert.Equal((0u, 0u), Counts);
            }
        }
    }

    [Theory]
    [InlineData("ku pod 90.0.0.1 10.0.0.1", "pod 10.0.0.1 is IPv4 and pods of nat46 VIP 90.0.0.1/32 are IPv6")]
    [InlineData("ku vip 90.0.0.1 port 81", "VIP 90.0.0.1/32 is nat46: all its services are, and have to say so")]
    [InlineData("ku vip 92.0.0.1 same_as 90.0.0.1", "VIP 90.0.0.1/32 is nat46: such a VIP has no other address")]
    [InlineData("ku conf prefix64 2001:db8::/32", "prefix64 2001:db8::/32: pods of nat46 VIPs see their clients in 64:ff9b::/96; delete these VIPs first")]
    public void WhatDoesNotFitIsRefused(string line, string message)
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 nat46");
        Assert.Equal(message, _fixture.Fail(line));
    }

    [Fact]
    public void ThePrefixIsSetAndShown()
    {
        _fixture.RunAll("ku conf prefix64 2001:db8:122:344::/64");
        Assert.Contains("prefix64        2001:db8:122:344::/64", _fixture.Run("show ku"), StringComparison.Ordinal);
        byte* embedded = stackalloc byte[16];
        Prefix64.Embed(&_fixture.Plane.Translation->Prefix, 0x0102_0304, embedded);
        Assert.Equal(IPAddress.Parse("2001:db8:122:344:4:302:100:0"), new IPAddress(new ReadOnlySpan<byte>(embedded, 16)));
    }

    [Fact]
    [Trait("Check", "S-15")]
    public void S15WhatBecomesOfUdpWithoutAChecksumIsSetAndShownWhileVipsAreThere()
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 nat46", "ku conf nat46-zero-udp-checksum reject");
        Assert.Equal(1, _fixture.Plane.Translation->RejectsNoUdpChecksum);
        Assert.Contains("\nnat46 zero udp  reject\n", _fixture.Run("show ku"), StringComparison.Ordinal);
        _fixture.RunAll("ku conf buckets 16");
        Assert.Equal(1, _fixture.Plane.Translation->RejectsNoUdpChecksum);
        _fixture.RunAll("ku conf nat46-zero-udp-checksum compute buckets 32");
        Assert.Equal(0, _fixture.Plane.Translation->RejectsNoUdpChecksum);
        Assert.Contains("\nnat46 zero udp  compute\n", _fixture.Run("show ku"), StringComparison.Ordinal);
    }

    /// <summary>What is wrong stands behind it, in front of it, or is found by the data plane.</summary>
    [Theory]
    [Trait("Check", "S-15")]
    [InlineData("ku conf nat46-zero-udp-checksum reject buckets 1000")]
    [InlineData("ku conf prefix64 10.0.0.0/8 nat46-zero-udp-checksum reject")]
    [InlineData("ku conf nat46-zero-udp-checksum reject node-port-range 2-1")]
    [InlineData("ku conf nat46-zero-udp-checksum reject masquerade-ports 40000-40000")]
    [InlineData("ku conf nat46-zero-udp-checksum reject prefix64 2001:db8::/32 timeout 0")]
    [InlineData("ku conf nat46-zero-udp-checksum reject prefix64 2001:db8::/32 buckets 16", 1)]
    public void S15AFailedLineChangesNothing(string line, int failAfter = 0)
    {
        string before = _fixture.Run("show ku");
        _fixture.Plane.FailAfter = failAfter;
        _ = _fixture.Fail(line);
        _fixture.Plane.FailAfter = 0;
        Assert.Equal(before, _fixture.Run("show ku"));
        Assert.Equal(0, _fixture.Plane.Translation->RejectsNoUdpChecksum);
    }

    [Fact]
    public void ShowNamesTheKind()
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 protocol tcp nat46", "ku vip 2003::1 nat64 masquerade 10.9.9.9");
        string shown = _fixture.Run("show ku vips");
        Assert.Contains("nat46", shown, StringComparison.Ordinal);
        Assert.Contains("nat64", shown, StringComparison.Ordinal);
        Assert.Contains("nat64 new_len 1024 masquerade 10.9.9.9", _fixture.Run("show ku vips verbose"), StringComparison.Ordinal);
    }

    private (uint, uint) Counts => (_fixture.Plane.Translation->Nat46Count, _fixture.Plane.Translation->Nat64Count);

    private static IPAddress AddressOf(PodRecord* pod) => new(new ReadOnlySpan<byte>(pod->Address, 16));

    private static uint Ip6Sum(PodRecord* pod) => KubeProxy.Core.Net.InternetChecksum.Fold(KubeProxy.Core.Net.InternetChecksum.Sum(pod->Address, 16));

    private PodRecord* PodAt(string prefix, string address) =>
        _fixture.Plane.Pods + _fixture.Vip(prefix).Services.Single().Find(IPAddress.Parse(address))!.Slot;
}
