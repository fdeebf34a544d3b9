using System.Buffers.Binary;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Fragments between the families, and packets that are fragmented because the other family's header is longer.</summary>
public abstract class TranslatedFragmentStories(HostFixture fixture) : FragmentStory(fixture)
{
    private static readonly Pod OnlyPod = new(1);

    [Theory]
    [Trait("Check", "S-8")]
    [Trait("Check", "S-13")]
    [InlineData(Family.Ip4, Arrival.InOrder)]
    [InlineData(Family.Ip4, Arrival.Reversed)]
    [InlineData(Family.Ip6, Arrival.InOrder)]
    [InlineData(Family.Ip6, Arrival.Shuffled)]
    public void S08And13FragmentsKeepTheirPlaceAndNumber(Family family, Arrival arrival)
    {
        AddService(family);
        Flow client = FlowOf(family);
        IPEndPoint source = Open(client);
        Flow inside = new(Transport.Udp, source, OnlyPod.At(PodFamily(family), TargetPort));
        int id = NewIdentification();
        AssertCrosses(client, Lab.FromClients, Lab.ClientSide, inside, Lab.To(OnlyPod), Lab.PodSide, arrival, id);
        id = NewIdentification();
        AssertCrosses(inside.Reversed, Lab.From(OnlyPod), Lab.PodSide, client.Reversed, Lab.ToClients, Lab.ClientSide, arrival, id);
    }

    [Theory]
    [Trait("Check", "S-7")]
    [InlineData(1261, 57)]
    [InlineData(1484, 280)]
    public void S07WhatMayBeFragmentedLeavesInPiecesThatEveryLinkTakes(int lengthBytes, int lastBytes)
    {
        AddService(Family.Ip4);
        Flow client = FlowOf(Family.Ip4);
        IPEndPoint source = Open(client);
        PacketOptions options = PacketOptions.Plain with { PayloadLengthBytes = lengthBytes - 28, Id = NewIdentification() };
        Flow inside = new(Transport.Udp, source, OnlyPod.At(Family.Ip6, TargetPort));
        byte[] whole = PacketFactory.Build(inside, Lab.To(OnlyPod), options with { TimeToLive = 63 });
        IReadOnlyList<byte[]> expected = Fragments.Of(whole, options.Id, 1232);
        Assert.Equal([1280, lastBytes], expected.Select(frame => frame.Length - IpView.EthernetLengthBytes));
        IReadOnlyList<byte[]> left = Send(2, Lab.PodSide, new Injection(Lab.ClientSide, [FromClient(client, options)]));
        Assert.Single(left.Select(NumberOf).Distinct());
        AssertLeft([.. expected.Select(WithoutNumber)], [.. left.Select(WithoutNumber)]);
    }

    [Fact]
    [Trait("Check", "S-9")]
    public void S09AFragmentThatGrowsTooLongIsFragmentedAgain()
    {
        AddService(Family.Ip4);
        Flow client = FlowOf(Family.Ip4);
        IPEndPoint source = Open(client);
        int id = NewIdentification();
        PacketOptions options = PacketOptions.Plain with { PayloadLengthBytes = 1240 + 200, Id = id };
        IReadOnlyList<byte[]> sent = Fragments.Of(FromClient(client, options), id, 1248);
        Assert.Equal(1268, sent[0].Length - IpView.EthernetLengthBytes);
        Flow inside = new(Transport.Udp, source, OnlyPod.At(Family.Ip6, TargetPort));
        IReadOnlyList<byte[]> left = Send(3, Lab.PodSide, new Injection(Lab.ClientSide, sent));
        Assert.Equal([1280, 64, 248], left.OrderBy(OffsetOf).Select(frame => frame.Length - IpView.EthernetLengthBytes));
        byte[] whole = PacketFactory.Build(inside, Lab.To(OnlyPod), options with { TimeToLive = 63 });
        Assert.Equal(new IpView(whole).L4.ToArray(), left.OrderBy(OffsetOf).SelectMany(frame => new IpView(frame).L4[8..].ToArray()));
    }

    [Fact]
    public void AnAnswerThatMayBeFragmentedReachesItsClientInPieces()
    {
        AddService(Family.Ip6);
        Flow client = FlowOf(Family.Ip6);
        IPEndPoint source = Open(client);
        PacketOptions options = PacketOptions.Plain with { PayloadLengthBytes = 1300, Id = NewIdentification() };
        byte[] answer = FromPod(OnlyPod, new Flow(Transport.Udp, OnlyPod.At(Family.Ip4, TargetPort), source), options);
        IReadOnlyList<byte[]> left = Send(2, Lab.ClientSide, new Injection(Lab.PodSide, [answer]));
        byte[] whole = PacketFactory.Build(client.Reversed, Lab.ToClients, options);
        Assert.All(left, frame => Assert.InRange(frame.Length, 0, 1280 + IpView.EthernetLengthBytes));
        Assert.Equal(new IpView(whole).L4.ToArray(), left.OrderBy(OffsetOf).SelectMany(frame => new IpView(frame).L4[8..].ToArray()));
    }

    [Fact]
    [Trait("Check", "S-16")]
    public void S16FragmentsOfADatagramWithoutAChecksumAreDropped()
    {
        AddService(Family.Ip4);
        Flow client = FlowOf(Family.Ip4);
        Open(client);
        ErrorCounters before = ErrorCounters.Of(Host);
        byte[] whole = FromClient(client, Long(NewIdentification()) with { ZeroUdpChecksum = true });
        IReadOnlyList<byte[]> first = [Fragments.Of(whole, NewIdentification())[0]];
        Assert.Empty(Host.Exchange(new Injection(Lab.ClientSide, first)).On(Lab.PodSide));
        Assert.Contains(ErrorCounters.Of(Host).Since(before), row => row.Key.EndsWith(": zero udp checksum", StringComparison.Ordinal));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Host.IsAlive)
        {
            Host.Cli("ku vip 90.1.2.3 port 80 protocol udp del");
            Host.Cli("ku vip 2003::3 port 80 protocol udp del");
        }

        base.Dispose(disposing);
    }

    private static Family PodFamily(Family family) => family == Family.Ip4 ? Family.Ip6 : Family.Ip4;

    private static Flow FlowOf(Family family) => new(
        Transport.Udp, Lab.Client(family, 77), new IPEndPoint(IPAddress.Parse(family == Family.Ip4 ? "90.1.2.3" : "2003::3"), 80));

    private static int OffsetOf(byte[] frame) => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(IpView.EthernetLengthBytes + 42)) & 0xFFF8;

    /// <summary>VPP numbers what it fragments itself.</summary>
    private static uint NumberOf(byte[] frame) => BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(IpView.EthernetLengthBytes + 44));

    private static byte[] WithoutNumber(byte[] frame)
    {
        byte[] copy = [.. frame];
        copy.AsSpan(IpView.EthernetLengthBytes + 44, 4).Clear();
        return copy;
    }

    private void AddService(Family family)
    {
        string vip = family == Family.Ip4 ? "90.1.2.3" : "2003::3";
        string nat = family == Family.Ip4 ? "nat46" : "nat64 masquerade 10.2.0.1";
        Lab.Type($"ku vip {vip} port 80 protocol udp target_port {TargetPort} {nat}");
        Lab.Type($"ku pod {vip} port 80 protocol udp {OnlyPod.Address(PodFamily(family))}");
    }

    /// <summary>A whole packet opens the session; answers what the pod took for the client.</summary>
    private IPEndPoint Open(Flow client) => new IpView(Assert.Single(ClientsSend(FromClient(client)).On(Lab.PodSide))).Flow.Source;

    /// <summary>The fragments of one datagram become those of the same datagram of the other side.</summary>
    private void AssertCrosses(Flow flow, Link from, string enters, Flow other, Link to, string leaves, Arrival arrival, int id)
    {
        IReadOnlyList<byte[]> sent = Arrange(Fragments.Of(PacketFactory.Build(flow, from, Long(id)), id), arrival);
        IReadOnlyList<byte[]> expected = Arrange(Fragments.Of(PacketFactory.Build(other, to, Long(id) with { TimeToLive = 63 }), id), arrival);
        AssertLeft(expected, Send(expected.Count, leaves, new Injection(enters, sent)));
    }
}

[Collection<VppAloneCollection>]
public sealed class TranslatedFragmentsInVpp(VppAlone host) : TranslatedFragmentStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class TranslatedFragmentsInVppWithOneWorker(VppWithOneWorker host) : TranslatedFragmentStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class TranslatedFragmentsInVppWithTwoWorkers(VppWithTwoWorkers host) : TranslatedFragmentStories(host);
