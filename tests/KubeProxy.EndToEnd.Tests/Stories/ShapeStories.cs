using System.Buffers.Binary;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// MAL-09: packets in odd shapes in VPP's memory: in two buffers, cut anywhere, and long ones that are to be cut into segments (GSO). Each is translated or
/// dropped under its reason; what leaves on the wire is right.
/// </summary>
public abstract class ShapeStories : Story
{
    private const int TargetPort = 8080;
    private const int SegmentBytes = 1400;
    private const string LongSide = "pg2";

    protected ShapeStories(HostFixture fixture) : base(fixture)
    {
        if (Host.Cli("show interface").Contains(LongSide, StringComparison.Ordinal))
            return;
        Lab.Host.Cli($"create packet-generator interface {LongSide} gso-enabled gso-size {SegmentBytes}");
        Lab.Type($"set interface state {LongSide} up");
        Lab.Type($"set interface ip address {LongSide} 10.3.0.1/16");
        Lab.Type($"set interface ip address {LongSide} fd03::1/64");
        Lab.Type($"ku set interface nat4 in {LongSide}");
        Lab.Type($"ku set interface nat6 in {LongSide}");
        Lab.Type($"set interface feature gso {Lab.PodSide} enable");
        Lab.Type($"set interface feature gso {Lab.ClientSide} enable");
    }

    /// <summary>The plugin that cuts knows UDP over IPv4 only; what else is cut, the tests of the core cut.</summary>
    [Theory]
    [Trait("Check", "MAL-09")]
    [InlineData(true)]
    [InlineData(false)]
    public void APacketCutAfterAnyByteIsTranslatedOrDroppedUnderItsReason(bool isRequest)
    {
        const int PayloadBytes = 32;
        const int L4Bytes = 8 + PayloadBytes;
        Service service = Cluster.Add(Family.Ip4, Transport.Udp, 80, TargetPort, [new Pod(1)]);
        Flow flow = FlowTo(service, Transport.Udp);
        PodsOf(service, [flow]);
        PacketOptions options = PacketOptions.Plain with { PayloadLengthBytes = PayloadBytes };
        byte[] sent = isRequest ? FromClient(flow, options) : FromPod(new Pod(1), new Flow(Transport.Udp, new Pod(1).At(Family.Ip4, TargetPort), flow.Source), options);
        byte[] expected = isRequest
            ? Expect.ToPod(sent, Lab.To(new Pod(1)), new Pod(1).At(Family.Ip4, TargetPort))
            : Expect.FromVip(sent, Lab.ToClients, flow.Destination);
        (string entersOn, string leavesOn) = isRequest ? (Lab.ClientSide, Lab.PodSide) : (Lab.PodSide, Lab.ClientSide);
        Host.Cli($"oddbuf enable-disable {entersOn}");
        try
        {
            for (int inSecond = 1; inSecond <= 60; inSecond++)
            {
                Lab.Type($"oddbuf configure n_to_copy {inSecond} offset {inSecond % 7} first_offset 0");
                ErrorCounters before = ErrorCounters.Of(Host);
                IReadOnlyList<byte[]> left = Host.Exchange(new Injection(entersOn, [sent])).On(leavesOn);
                if (inSecond <= PayloadBytes) AssertSame(expected, Assert.Single(left));
                else if (inSecond <= L4Bytes && isRequest) AssertTruncated(before, left);
            }
        }
        finally
        {
            Host.Cli($"oddbuf enable-disable {entersOn} disable");
        }

        PodsOf(service, [flow]);
    }

    /// <summary>What arrives longer than any link takes it, and is cut on its way out, may be longer than the MTU.</summary>
    [Theory]
    [Trait("Check", "MAL-09")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ALongPacketIsTranslatedOnceAndLeavesInSegments(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, TargetPort, [new Pod(1)]);
        Flow flow = FlowTo(service, Transport.Tcp);
        SetMtu(1500);
        for (int round = 0; round < 2; round++)
        {
            byte[] request = Long(flow, new Link(Lab.FromClients.From, Host.MacOf(LongSide)));
            IReadOnlyList<byte[]> segments = Exchange(new Injection(LongSide, [request])).On(Lab.PodSide);
            AssertJoined(request, segments, new Flow(Transport.Tcp, flow.Source, new Pod(1).At(family, TargetPort)));
        }

        byte[] answer = Long(new Flow(Transport.Tcp, new Pod(1).At(family, TargetPort), flow.Source), new Link(new Pod(1).Mac, Host.MacOf(LongSide)));
        IReadOnlyList<byte[]> back = Exchange(new Injection(LongSide, [answer])).On(Lab.ClientSide);
        AssertJoined(answer, back, new Flow(Transport.Tcp, flow.Destination, flow.Source));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void SegmentsThatAreTooLongForTheWayAreToldToTheirSender(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, TargetPort, [new Pod(1)]);
        SetMtu(1300);
        byte[] request = Long(FlowTo(service, Transport.Tcp), new Link(Lab.FromClients.From, Host.MacOf(LongSide)));
        Capture capture = Host.Exchange(new Injection(LongSide, [request]));
        byte[] told = Assert.Single(capture.On(Lab.ClientSide));
        Assert.Equal(1, capture.Count);
        IpView view = new(told);
        Assert.Equal(family == Family.Ip4 ? (3, 4) : (2, 0), (view.L4[0], view.L4[1]));
        Assert.Equal(1300u, BinaryPrimitives.ReadUInt32BigEndian(view.L4[4..]));
        Assert.Equal(0, SessionCount());
    }

    protected override void Dispose(bool disposing)
    {
        Host.Cli($"set interface mtu packet 9000 {Lab.PodSide}");
        base.Dispose(disposing);
    }

    private static void AssertJoined(byte[] sent, IReadOnlyList<byte[]> segments, Flow flow)
    {
        Assert.True(segments.Count > 4, $"{segments.Count} segments");
        List<byte> payload = [];
        foreach (byte[] segment in segments.OrderBy(segment => BinaryPrimitives.ReadUInt32BigEndian(new IpView(segment).L4[4..])))
        {
            Assert.Equal(flow, new IpView(segment).Flow);
            payload.AddRange(new IpView(segment).Payload);
        }

        Assert.Equal(new IpView(sent).Payload.ToArray(), payload);
    }

    private void AssertTruncated(ErrorCounters before, IReadOnlyList<byte[]> left)
    {
        Assert.Empty(left);
        Assert.Equal(1, ErrorCounters.Of(Host).Since(before).GetValueOrDefault("kp4-nat4: truncated packet"));
    }

    private void SetMtu(int mtu)
    {
        Lab.Type($"set interface mtu packet {mtu} {Lab.PodSide}");
        Thread.Sleep(TimeSpan.FromMilliseconds(200));
    }

    /// <summary>More than fits a buffer, and not to be fragmented.</summary>
    private static byte[] Long(Flow flow, Link link)
    {
        byte[] frame = PacketFactory.Build(flow, link, PacketOptions.Plain with { PayloadLengthBytes = 8000 });
        if (!new IpView(frame).IsIp4)
            return frame;
        frame[IpView.EthernetLengthBytes + 6] = 0x40;
        Checksums.FillIp4Header(frame);
        return frame;
    }
}

[Collection<VppWithShapesCollection>]
public sealed class ShapesInVpp(VppWithShapes host) : ShapeStories(host);

[Collection<VppWithShapesAndOneWorkerCollection>]
public sealed class ShapesInVppWithOneWorker(VppWithShapesAndOneWorker host) : ShapeStories(host);

[Collection<VppWithShapesAndTwoWorkersCollection>]
public sealed class ShapesInVppWithTwoWorkers(VppWithShapesAndTwoWorkers host) : ShapeStories(host);
