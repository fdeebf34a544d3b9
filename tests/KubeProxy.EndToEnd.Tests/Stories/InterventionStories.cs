using System.Diagnostics;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Things that people do to a router while it works: counters and traces cleared, tables resized, everything shown.</summary>
public abstract class InterventionStories(HostFixture fixture) : Story(fixture)
{
    /// <summary>While traffic flows, and again and again; afterwards everything counts from nought.</summary>
    [Fact]
    [Trait("Check", "LIF-13")]
    public void ClearingWhatIsCountedUnderTrafficHarmsNobody()
    {
        Service service = Cluster.Add(Family.Ip4, Transport.Udp, 53);
        byte[][] requests = [.. FromClients(Enumerable.Range(0, 500).Select(i => FlowTo(service, Transport.Udp, i)))];
        string file = Path.GetTempFileName();
        PcapFile.Write(file, requests);
        string stream = $"packet-generator new {{ name under-way pcap {file} source {Lab.ClientSide} limit 100000000 }}";
        Lab.Type(stream);
        Lab.Type("packet-generator enable-stream under-way");
        try
        {
            for (int round = 0; round < 12; round++)
            {
                foreach (string line in (string[])["clear errors", "clear interfaces", "clear runtime", "clear trace", "trace add pg-input 20", "clear node counters", "show trace", "test kube-proxy flowtable flush"])
                    Host.Cli(line);
            }
        }
        finally
        {
            Host.Cli("packet-generator disable-stream under-way");
            Host.Cli("packet-generator delete under-way");
            Host.Cli("clear trace");
            File.Delete(file);
        }

        Assert.True(Host.IsAlive);
        AssertReachedPods(requests, ClientsSend(requests), Family.Ip4);
    }

    [Theory]
    [Trait("Check", "LIF-14")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ATraceIsReadableWhenItsVipItsPodsAndItsInterfaceAreGone(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53);
        Host.Cli("clear trace");
        Host.Cli("trace add pg-input 50");
        ClientsSend(FromClients(Enumerable.Range(0, 20).Select(i => FlowTo(service, Transport.Udp, i))));
        string before = Host.Cli("show trace");
        Cluster.Remove(service);
        Lab.Type("test kube-proxy flowtable flush");
        string after = Host.Cli("show trace");
        Cluster.Add(family, Transport.Tcp, 81, pods: Pod.First(1));
        Host.Cli("show trace");
        Host.Cli("clear trace");
        string node = family == Family.Ip4 ? "kp4-nat4: " : "kp6-nat6: ";
        Assert.Equal(Occurrences(before, node), Occurrences(after, node));
        Assert.True(Occurrences(after, node) >= 10, after);
    }

    /// <summary>
    /// From full to larger, to the smallest, and back, while all flows are known: nobody's packet is lost, no pod changes, and a table that grows
    /// keeps every session that it had.
    /// </summary>
    [Theory]
    [Trait("Check", "LIF-07")]
    [ClassData(typeof(FlowKinds))]
    public void AFullTableIsResizedAndEveryFlowKeepsItsPod(Family family, Transport transport)
    {
        const int FlowCount = 1000;
        Service service = Cluster.Add(family, transport, 80);
        Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i))];
        try
        {
            Lab.Type("ku conf buckets 16");
            IReadOnlyList<Pod> pods = PodsOf(service, flows);
            foreach (int buckets in (int[])[4096, 1, 64, 1, 65536])
            {
                int before = SessionCount();
                Lab.Type($"ku conf buckets {buckets}");
                Assert.InRange(SessionCount(), buckets == 1 ? 1 : before, before);
                Assert.Equal(pods, PodsOf(service, flows));
                Assert.InRange(SessionCount(), 1, Math.Min(FlowCount, 4 * buckets * Math.Max(1, Host.WorkerCount)));
            }

            Assert.Equal(FlowCount, SessionCount());
        }
        finally
        {
            Lab.Type("ku conf buckets-log2 16");
        }
    }

    /// <summary>Ten thousand VIPs and as many sessions: what is not asked for by name is cut, and nobody waits for it.</summary>
    [Fact]
    [Trait("Check", "LIF-15")]
    public void WhatIsShownOfManyServicesAndSessionsIsBoundedAndQuick()
    {
        const int VipCount = 10_000;
        string Vip(int i) => $"90.5.{i / 250}.{(i % 250) + 1}";
        Host.TypeAll([.. Enumerable.Range(0, VipCount).Select(i => $"ku vip {Vip(i)} port 53 protocol udp new_len 1")]);
        try
        {
            Service service = Cluster.Add(Family.Ip4, Transport.Udp, 53);
            ClientsSend(FromClients(Enumerable.Range(0, VipCount).Select(i => FlowTo(service, Transport.Udp, i))));
            (TimeSpan Took, string Text) summary = Timed("show ku");
            (TimeSpan Took, string Text) sessions = Timed("show ku sessions");
            Assert.InRange(summary.Text.Split('\n').Length, 10, 60);
            Assert.InRange(sessions.Text.Split('\n').Length, 100, 103);
            Assert.True(summary.Took < TimeSpan.FromSeconds(1) && sessions.Took < TimeSpan.FromSeconds(1), $"{summary.Took} and {sessions.Took}");
        }
        finally
        {
            Host.TypeAll([.. Enumerable.Range(0, VipCount).Select(i => $"ku vip {Vip(i)} del")]);
        }
    }

    private (TimeSpan Took, string Text) Timed(string line)
    {
        long start = Stopwatch.GetTimestamp();
        string text = Host.Cli(line);
        return (Stopwatch.GetElapsedTime(start), text);
    }

    private static int Occurrences(string text, string words) => text.Split(words).Length - 1;
}

[Collection<VppAloneCollection>]
public sealed class InterventionsInVpp(VppAlone host) : InterventionStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class InterventionsInVppWithOneWorker(VppWithOneWorker host) : InterventionStories(host);
