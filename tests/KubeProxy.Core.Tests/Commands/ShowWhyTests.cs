using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Commands;

/// <summary>The exact text of <c>show ku why</c>, for what the nodes may have said.</summary>
public sealed class ShowWhyTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();
    private ProbeRequest _asked;

    /// <summary>A service over TCP and UDP with two pods, of which one drains for UDP.</summary>
    public ShowWhyTests()
    {
        _fixture.RunAll("ku vip 90.0.0.1/32 port 3306 target_port 3307 new_len 64", "ku pod 90.0.0.1/32 10.0.0.10 10.0.0.2");
        _fixture.Plane.SessionCounts[_fixture.Pod("90.0.0.1/32", IpProtocol.Udp, 3306, "10.0.0.2").Slot] = 12;
        _fixture.Run("ku pod 90.0.0.1/32 protocol udp 10.0.0.2 del");
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void WhyANewFlowGetsItsPod()
    {
        Pod chosen = _fixture.Pod("90.0.0.1/32", IpProtocol.Tcp, 3306, "10.0.0.10");
        uint slot = SlotThatNames(chosen);
        Answer(new ProbeView(null, chosen.Slot, IPEndPoint.Parse("10.0.0.10:3307"), null, IsRemembered: true, slot));
        AssertText(
            $"""
            packet   tcp 192.0.2.9:40000 -> 90.0.0.1:3306
            vip      90.0.0.1/32
            service  protocol tcp port 3306 target_port 3307 new_len 64
            session  none
              pod             state   verdict
              10.0.0.2:3307   active  slot {slot} of the table names another
              10.0.0.10:3307  active  chosen: slot {slot} of the table names it
            rewrite  destination 90.0.0.1:3306 -> 10.0.0.10:3307
            """,
            "show ku why tcp 192.0.2.9 40000 90.0.0.1 3306");
        Assert.Equal(_fixture.Vip("90.0.0.1/32").Slot, _asked.VipSlot);
    }

    [Fact]
    public void SctpIsAskedLikeTheOthers()
    {
        _fixture.RunAll("ku vip 90.0.0.1/32 port 9999 protocol sctp");
        Answer(new ProbeView("no pod", 0, IPEndPoint.Parse("90.0.0.1:9999"), null, IsRemembered: false, 0));
        AssertText(
            """
            packet   sctp 192.0.2.9:40000 -> 90.0.0.1:9999
            vip      90.0.0.1/32
            service  protocol sctp port 9999 target_port 9999 new_len 1024
            session  none
            drop     no pod
            """,
            "show ku why sctp 192.0.2.9 40000 90.0.0.1 9999");
        Assert.Equal(IpProtocol.Sctp, _asked.Protocol);
    }

    [Fact]
    public void WhyAFlowStaysWithTheDrainingPodOfItsSession()
    {
        Pod removed = _fixture.Pod("90.0.0.1/32", IpProtocol.Udp, 3306, "10.0.0.2");
        var session = new SessionView(1, IpProtocol.Udp, IPEndPoint.Parse("192.0.2.9:40000"), IPEndPoint.Parse("90.0.0.1:3306"), removed.Slot, 7);
        Answer(new ProbeView(null, removed.Slot, IPEndPoint.Parse("10.0.0.2:3307"), session, IsRemembered: true, 5));
        AssertText(
            """
            packet   udp 192.0.2.9:40000 -> 90.0.0.1:3306
            vip      90.0.0.1/32
            service  protocol udp port 3306 target_port 3307 new_len 64
            session  thread 1, idle 7 s
              pod             state     verdict
              10.0.0.2:3307   draining  chosen: the session names it
              10.0.0.10:3307  active    the session names another
            rewrite  destination 90.0.0.1:3306 -> 10.0.0.2:3307
            """,
            "show ku why udp 192.0.2.9 40000 90.0.0.1 3306");
    }

    [Fact]
    public void WhyAPodThatIsHeldBackIsNotChosen()
    {
        _fixture.RunAll("ku vip 90.0.0.2/32 port 80 protocol tcp", "ku pod 90.0.0.2/32 10.0.0.1", "ku pod 90.0.0.2/32 10.0.0.2 weight 0");
        Pod chosen = _fixture.Pod("90.0.0.2/32", IpProtocol.Tcp, 80, "10.0.0.1");
        Answer(new ProbeView(null, chosen.Slot, IPEndPoint.Parse("10.0.0.1:80"), null, IsRemembered: true, 0));
        Assert.Contains(
            "10.0.0.2:80  active  takes no new flows\n", _fixture.Run("show ku why tcp 192.0.2.9 40000 90.0.0.2 80") + "\n", StringComparison.Ordinal);
    }

    [Fact]
    public void WhyAClientStaysWithThePodOfItsAffinity()
    {
        _fixture.RunAll("ku vip 90.0.0.2/32 port 80 protocol tcp affinity 600", "ku pod 90.0.0.2/32 10.0.0.1 10.0.0.2");
        Pod kept = _fixture.Pod("90.0.0.2/32", IpProtocol.Tcp, 80, "10.0.0.2");
        uint slot = SlotThatNames(_fixture.Pod("90.0.0.2/32", IpProtocol.Tcp, 80, "10.0.0.1"));
        Answer(new ProbeView(null, kept.Slot, IPEndPoint.Parse("10.0.0.2:80"), null, IsRemembered: true, slot, kept.Slot));
        AssertText(
            """
            packet   tcp 192.0.2.9:40000 -> 90.0.0.2:80
            vip      90.0.0.2/32
            service  protocol tcp port 80 target_port 80 new_len 1024 affinity 600
            session  none
              pod          state   verdict
              10.0.0.1:80  active  its client's affinity names another
              10.0.0.2:80  active  chosen: its client's affinity names it
            rewrite  destination 90.0.0.2:80 -> 10.0.0.2:80
            """,
            "show ku why tcp 192.0.2.9 40000 90.0.0.2 80");
        Assert.Equal((kept.Service.Index, 600u), (_asked.ServiceIndex, _asked.AffinitySeconds));
    }

    [Fact]
    public void WhyAPacketToANodePortGetsItsPod()
    {
        _fixture.RunAll("ku vip 90.0.0.2/32 port 80 protocol tcp node_port 30080 affinity 600", "ku pod 90.0.0.2/32 10.0.0.1");
        Pod pod = _fixture.Pod("90.0.0.2/32", IpProtocol.Tcp, 80, "10.0.0.1");
        Answer(new ProbeView(null, pod.Slot, IPEndPoint.Parse("10.0.0.1:80"), null, IsRemembered: true, 0));
        AssertText(
            """
            packet   tcp 192.0.2.9:40000 -> 198.51.100.1:30080
            vip      none; node port 30080 on the node's own addresses
            service  protocol tcp port 80 target_port 80 new_len 1024 affinity 600 of VIP 90.0.0.2/32
            session  none
              pod          state   verdict
              10.0.0.1:80  active  chosen: slot 0 of the table names it
            rewrite  destination 198.51.100.1:30080 -> 10.0.0.1:80
            """,
            "show ku why tcp 192.0.2.9 40000 198.51.100.1 30080");
        Assert.Equal((pod.Service.NodePort!.Slot, pod.Service.Index, 600u), (_asked.VipSlot, _asked.ServiceIndex, _asked.AffinitySeconds));
        foreach (string other in (string[])["udp 192.0.2.9 40000 198.51.100.1", "tcp 2001:db8::1 40000 2001:db8::2"])
            Assert.EndsWith("vip      none: the packet is not for a service", _fixture.Run($"show ku why {other} 30080"), StringComparison.Ordinal);
    }

    [Fact]
    public void WhyAPacketIsDroppedOrNotForUs()
    {
        Answer(new ProbeView("unknown port", 0, IPEndPoint.Parse("90.0.0.1:9"), null, IsRemembered: false, 5));
        AssertText(
            """
            packet   udp 192.0.2.9:40000 -> 90.0.0.1:9
            vip      90.0.0.1/32
            service  none
            session  none
            drop     unknown port
            """,
            "show ku why udp 192.0.2.9 40000 90.0.0.1 9");
        AssertText(
            """
            packet   tcp [2001:db8::1]:1 -> [2004::1]:80
            vip      none: the packet is not for a service
            """,
            "show ku why tcp 2001:db8::1 1 2004::1 80");
    }

    [Theory]
    [InlineData("", "a protocol is missing: tcp, udp or sctp")]
    [InlineData("icmp 1.1.1.1 1 2.2.2.2 2", "protocol \"icmp\" is none of tcp, udp, sctp")]
    [InlineData("tcp", "the client's address is missing")]
    [InlineData("tcp 1.1.1", "\"1.1.1\" is not an address")]
    [InlineData("tcp 1.1.1.1", "the client's port is missing")]
    [InlineData("tcp 1.1.1.1 65536 2.2.2.2 2", "client port \"65536\" is out of range (1 to 65535)")]
    [InlineData("tcp 1.1.1.1 1 2.2.2.2", "the destination's port is missing")]
    [InlineData("tcp 1.1.1.1 1 2001::1 2", "1.1.1.1 and 2001::1 are not of one family")]
    [InlineData("tcp 1.1.1.1 1 2.2.2.2 2 3", "unknown word \"3\"")]
    public void AQuestionThatMakesNoSenseIsRefusedByName(string words, string error)
    {
        CommandException refused = Assert.Throws<CommandException>(() => _fixture.Run($"show ku why {words}"));
        Assert.Equal(error, refused.Message);
    }

    private void Answer(ProbeView view) => _fixture.Plane.ProbeAnswer = request =>
    {
        _asked = request;
        return view;
    };

    private static unsafe uint SlotThatNames(Pod pod)
    {
        var entry = (ServiceEntry*)pod.Service.Entry.Start;
        for (uint slot = 0; ; slot++)
            if (ServiceEntry.Choose(entry, slot) == pod.Slot) return slot;
    }

    private void AssertText(string expected, string line) => Assert.Equal(expected.ReplaceLineEndings("\n"), _fixture.Run(line));
}
