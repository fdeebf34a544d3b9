using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Tests.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Commands;

/// <summary>The exact text of every <c>show</c>: scripts grep it, so a change here is a change of the interface.</summary>
public sealed class ShowTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void AnEmptyConfiguration()
    {
        AssertText(
            """
            threads         2
            buckets         65536 per thread
            timeouts        udp 120, tcp 7440, tcp-opening 240, tcp-closing 240, icmp 60 seconds
            source ports    32768-65535 for masquerade
            ip4 sessions    0 of 524288
            ip6 sessions    0 of 524288
            session memory  33554432 bytes
            vips            0
            services        0
            node ports      0 of 30000-32767
            pods            0 active, 0 draining
            pod slots       0 of 4095
            prefix64        64:ff9b::/96
            nat46 zero udp  compute
            interfaces      none
            """,
            "show ku");
        AssertText("no VIPs", "show ku vip");
        AssertText("no VIPs", "show ku vips verbose");
        AssertText("0 shown of 0 sessions", "show ku sessions");
    }

    [Fact]
    public void TheSummaryOfAConfiguration()
    {
        Configure();
        AssertText(
            """
            threads         2
            buckets         1024 per thread
            timeouts        udp 40, tcp 40, tcp-opening 40, tcp-closing 40, icmp 40 seconds
            source ports    32768-65535 for masquerade
            ip4 sessions    3 of 524288
            ip6 sessions    0 of 524288
            session memory  33554432 bytes
            vips            3
            services        4
            node ports      2 of 30000-32767
            pods            5 active, 1 draining
            pod slots       6 of 4095
            prefix64        64:ff9b::/96
            nat46 zero udp  compute
            draining        10.0.0.2 of 90.0.0.1/32 protocol udp port 3306: 12 sessions
            interface       pg1 nat4 nat6
            interface       host-veth0 nat4
            """,
            "show ku");
    }

    [Fact]
    public void ServicesOneALine()
    {
        Configure();
        AssertText(
            """
            vip            protocol  port  target_port  node_port  nat   new_len  pods  draining
            90.0.0.0/8     any       any   kept         -          nat4     2048     1         0
            90.0.0.1/32    tcp       3306  3307         30306      nat4       64     2         0
            90.0.0.1/32    udp       3306  3307         30306      nat4       64     1         1
            2003:db8::/32  tcp       any   kept         -          nat6     1024     1         0
            """,
            "show ku vips");
        AssertText(
            """
            vip         protocol  port  target_port  node_port  nat   new_len  pods  draining
            90.0.0.0/8  any       any   kept         -          nat4     2048     1         0
            """,
            "show ku vip 90.0.0.0/8");
    }

    [Fact]
    [Trait("Check", "LIF-17")]
    [Trait("Defect", "D17")]
    [Trait("Defect", "A-17")]
    public void ServicesWithCountersAndPods()
    {
        Configure();
        AssertText(
            """
            90.0.0.0/8 protocol any target_port kept nat4 new_len 2048
              existing-session packets  18446744073709551615
              first-session packets     0
              untracked packets         0
              no-pod packets            0
              failed-over packets       0
              pod       state   left  weight  slots  sessions  packets  bytes
              10.0.0.1  active     -       1   2048         0        0      0
            90.0.0.1/32 protocol tcp port 3306 target_port 3307 nat4 new_len 64 node_port 30306
              existing-session packets  0
              first-session packets     0
              untracked packets         0
              no-pod packets            0
              failed-over packets       0
              pod        state   left  weight  slots  sessions               packets                 bytes
              10.0.0.2   active     -       1     32         0  18446744073709551615  18446744073709551615
              10.0.0.10  active     -       1     32         0                     0                     0
            90.0.0.1/32 protocol udp port 3306 target_port 3307 nat4 new_len 64 node_port 30306
              existing-session packets  0
              first-session packets     0
              untracked packets         0
              no-pod packets            0
              failed-over packets       0
              pod        state     left  weight  slots  sessions  packets  bytes
              10.0.0.2   draining     -       1      0        12        0      0
              10.0.0.10  active       -       1     64         0        0      0
            2003:db8::/32 protocol tcp target_port kept nat6 new_len 1024
              existing-session packets  0
              first-session packets     0
              untracked packets         0
              no-pod packets            0
              failed-over packets       0
              pod      state   left  weight  slots  sessions  packets  bytes
              2001::2  active     -       1   1024         0        0      0
            """,
            "show ku vip verbose");
    }

    [Fact]
    public void MasqueradeSaysForWhom()
    {
        _fixture.RunAll("ku vip 90.0.0.1/32 port 80 protocol tcp masquerade 10.9.9.9", "ku vip 90.0.0.2/32 port 80 protocol tcp masquerade 10.9.9.9 outside");
        Assert.Contains("masquerade 10.9.9.9\n", _fixture.Run("show ku vip 90.0.0.1/32 verbose"), StringComparison.Ordinal);
        Assert.Contains("masquerade 10.9.9.9 outside\n", _fixture.Run("show ku vip 90.0.0.2/32 verbose"), StringComparison.Ordinal);
    }

    [Fact]
    public void WeightsAndPodsThatDrainForALimitedTime()
    {
        _fixture.RunAll(
            "ku vip 90.0.0.0/8 port 53 protocol udp new_len 64", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 10.0.0.4",
            "ku pod 90.0.0.0/8 10.0.0.3 weight 3", "ku pod 90.0.0.0/8 10.0.0.4 weight 0", "ku pod 90.0.0.0/8 10.0.0.2 drain 30");
        uint slot = _fixture.Pod("90.0.0.0/8", IpProtocol.Udp, 53, "10.0.0.2").Slot;
        _fixture.Plane.SessionCounts[slot] = 12;
        _fixture.Plane.ExpiredCounts[slot] = 5;
        _fixture.Plane.Now += TimeSpan.FromSeconds(1.5);
        AssertText(
            """
            90.0.0.0/8 protocol udp port 53 target_port 53 nat4 new_len 64
              existing-session packets  0
              first-session packets     0
              untracked packets         0
              no-pod packets            0
              failed-over packets       0
              pod       state     left  weight  slots  sessions  packets  bytes
              10.0.0.1  active       -       1     16         0        0      0
              10.0.0.2  draining    29       1      0         7        0      0
              10.0.0.3  active       -       3     48         0        0      0
              10.0.0.4  active       -       0      0         0        0      0
            """,
            "show ku vip verbose");
        Assert.Contains(
            "\npods            3 active, 1 draining\npod slots       4 of 4095\nprefix64        64:ff9b::/96\nnat46 zero udp  compute\n"
            + "draining        10.0.0.2 of 90.0.0.0/8 protocol udp port 53: 7 sessions, 29 seconds left\n",
            _fixture.Run("show ku"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void ManyPodsThatDrainAreCountedAndTheFirstOnesNamed()
    {
        _fixture.Run("ku vip 90.0.0.0/8 port 53 protocol udp");
        string pods = string.Join(' ', Enumerable.Range(1, 20).Select(i => $"10.0.0.{i}"));
        _fixture.RunAll($"ku pod 90.0.0.0/8 {pods}", $"ku pod 90.0.0.0/8 {pods} drain");
        string[] lines = [.. _fixture.Run("show ku").Split('\n').Where(line => line.StartsWith("draining", StringComparison.Ordinal))];
        Assert.Equal(17, lines.Length);
        Assert.Equal("draining        10.0.0.1 of 90.0.0.0/8 protocol udp port 53: 0 sessions", lines[0]);
        Assert.Equal("draining        and 4 more", lines[^1]);
    }

    [Fact]
    public void AServiceWithoutPods()
    {
        _fixture.Run("ku vip 90.0.0.0/8 port 53 protocol udp");
        AssertText(
            """
            90.0.0.0/8 protocol udp port 53 target_port 53 nat4 new_len 1024
              existing-session packets  0
              first-session packets     0
              untracked packets         0
              no-pod packets            0
              failed-over packets       0
              no pods
            """,
            "show ku vip verbose 90.0.0.0/8");
    }

    [Fact]
    public void Sessions()
    {
        Configure();
        AssertText(
            """
            worker  protocol  client             vip            pod            source          idle
                 0  tcp       192.0.2.1:5555     90.0.0.1:3306  10.0.0.2:3307  kept               0
                 1  udp       192.0.2.255:65535  90.0.0.1:3306  10.0.0.2:3307  10.9.9.9:40000  7440
                 1  47        2001:db8::1        2003::1        none           kept               3
            3 shown of 3 sessions
            """,
            "show ku sessions");
        Assert.EndsWith("\n1 shown of 3 sessions", _fixture.Run("show ku sessions limit 1"), StringComparison.Ordinal);
    }

    /// <summary>The heap's line is the runtime's; the snapshot's bytes and the rest are what the data plane has handed out besides its parts.</summary>
    [Fact]
    public void MemoryIsToldByWhatItHoldsAndNothingIsLeftOut()
    {
        Configure();
        string[] lines = _fixture.Run("show ku memory").Split('\n');
        Assert.Equal(["memory", "per_thread", "bytes", "touched"], Words(lines[0]));
        Assert.Equal(["session", "tables", "1024", "2048", "2048"], Words(lines[1]));
        Assert.Equal(["pod", "records", "-", "262144", "4096"], Words(lines[2]));
        Assert.Equal(["snapshot", "-", $"{_fixture.Plane.UsedBytes}", $"{_fixture.Plane.UsedBytes}"], Words(lines[3]));
        Assert.Equal(["rest", "-", "77", "-"], Words(lines[4]));
        Assert.Equal(["counters", "640", "1280", "1280"], Words(lines[5]));
        Assert.Matches("^managed heap +- +[0-9]+ +[0-9]+$", lines[6]);
        ulong each = _fixture.Plane.UsedBytes / (ulong)_fixture.Catalog.ServiceCount;
        Assert.Equal(
            [$"per service     80 bytes; snapshot: {each} bytes", "per pod         148 bytes", "per session     34 bytes over ip4, 82 bytes over ip6"],
            lines[7..]);

        static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void TheRuntimesFiguresHaveTheirNames() =>
        Assert.Matches(
            "^managed bytes   [0-9]+ allocated since start\ncollections     [0-9]+ gen0, [0-9]+ gen1, [0-9]+ gen2\npauses          [0-9]+ us in all collections\nheap            [0-9]+ bytes$",
            _fixture.Run("show ku runtime"));

    [Fact]
    public void ShowsForgetPodsThatHaveDrained()
    {
        Configure();
        _fixture.Plane.SessionCounts.Clear();
        Assert.DoesNotContain("draining  ", _fixture.Run("show ku vip verbose"), StringComparison.Ordinal);
        Assert.Contains("pods            5 active, 0 draining", _fixture.Run("show ku"), StringComparison.Ordinal);
    }

    private void Configure()
    {
        _fixture.RunAll(
            "ku conf buckets 1024 timeout 40",
            "ku vip 2003:db8::/32 protocol tcp",
            "ku vip 90.0.0.1/32 port 3306 target_port 3307 new_len 64 node_port 30306",
            "ku vip 90.0.0.0/8 nat44 new_len 2048",
            "ku pod 90.0.0.1/32 10.0.0.10 10.0.0.2",
            "ku pod 90.0.0.0/8 10.0.0.1",
            "ku pod 2003:db8::/32 2001::2",
            "ku set interface nat4 in host-veth0",
            "ku set interface nat6 in pg1",
            "ku set interface nat4 in pg1");
        uint removed = _fixture.Pod("90.0.0.1/32", IpProtocol.Udp, 3306, "10.0.0.2").Slot;
        uint busy = _fixture.Pod("90.0.0.1/32", IpProtocol.Tcp, 3306, "10.0.0.2").Slot;
        _fixture.Plane.SessionCounts[removed] = 12;
        _fixture.Run("ku pod 90.0.0.1/32 protocol udp 10.0.0.2 del");
        _fixture.Plane.PodCounters[busy] = new(ulong.MaxValue, ulong.MaxValue);
        _fixture.Plane.ServiceCounters[(ServiceCounter.ExistingSession, _fixture.Service("90.0.0.0/8", IpProtocol.Any, 0).Index)] = ulong.MaxValue;
        _fixture.Plane.SessionList.AddRange(
        [
            new(0, IpProtocol.Tcp, IPEndPoint.Parse("192.0.2.1:5555"), IPEndPoint.Parse("90.0.0.1:3306"), busy, 0),
            new(1, IpProtocol.Udp, IPEndPoint.Parse("192.0.2.255:65535"), IPEndPoint.Parse("90.0.0.1:3306"), removed, 7440, IPEndPoint.Parse("10.9.9.9:40000")),
            new(1, 47, IPEndPoint.Parse("[2001:db8::1]:1"), IPEndPoint.Parse("[2003::1]:80"), 999, 3),
        ]);
    }

    private void AssertText(string expected, string line) => Assert.Equal(expected.ReplaceLineEndings("\n"), _fixture.Run(line));
}
