using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Services in tables: what is in one table never sees another one's services, sessions or answers.</summary>
public abstract class TableStories(HostFixture fixture) : TableStory(fixture)
{
    private static readonly PacketOptions Syn = PacketOptions.Plain with { Syn = true };

    /// <summary>Pod 1 serves in two of the tables, under one address and behind two interfaces.</summary>
    [Theory]
    [ClassData(typeof(PortKinds))]
    public void OneFlowInThreeTablesIsThreeSessionsEachWithThePodOfItsTable(Family family, Transport transport)
    {
        (TableSide Side, Pod Pod)[] served = [(Zero, new Pod(1)), (Seven, new Pod(2)), (Eight, new Pod(1))];
        foreach ((TableSide side, Pod pod) in served)
            Serve(side, family, [pod], only: transport);
        Flow flow = FlowOf(family, transport);
        for (int round = 0; round < 2; round++)
        {
            foreach ((TableSide side, Pod pod) in served)
                AssertConverses(side, pod, flow, Syn);
        }

        string[] lines = Host.Cli("show ku sessions").Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal(["table", "0", "7", "8"], lines[..4].Select(line => line.Split(' ')[^1]));
        Assert.Equal("3 shown of 3 sessions", lines[^1]);
    }

    /// <summary>Routes of table 0 lead into the other tables, so that a frame of VPP's holds packets of all three.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AFrameWithPacketsOfSeveralTablesIsServedTableByTableInOrder(Family family, Transport transport)
    {
        const int count = 999;
        IPAddress[] vips = [.. Enumerable.Range(0, 3).Select(i => IPAddress.Parse(family == Family.Ip4 ? $"9{i}.1.2.3" : $"200{i}::3"))];
        string[] lookups = [.. All.Skip(1).Select((side, i) =>
            $"{vips[i + 1]}/{(family == Family.Ip4 ? 32 : 128)} via {(family == Family.Ip4 ? "ip4" : "ip6")}-lookup-in-table {side.Table}")];
        for (int i = 0; i < 3; i++)
            Serve(All[i], family, [new Pod(i + 1)], vip: vips[i]);
        foreach (string lookup in lookups)
            Lab.Type($"ip route add {lookup}");
        try
        {
            byte[][] sent = [.. Enumerable.Range(0, count).Select(i =>
                Request(Zero, FlowOf(family, transport, i / 3, vips[i % 3]), Syn with { Id = i }))];
            for (int round = 0; round < 2; round++)
            {
                Capture capture = Exchange(new Injection(Zero.Clients, sent));
                Assert.Equal(count, capture.Count);
                for (int i = 0; i < count; i++)
                    AssertSame(RequestLeft(All[i % 3], new Pod((i % 3) + 1), sent[i]), capture.On(All[i % 3].Pods)[i / 3]);
            }
        }
        finally
        {
            foreach (string lookup in lookups)
                Host.Cli($"ip route del {lookup}");
        }
    }

    /// <summary>Table 0 and table 7 have the service and a session of the flow; table 8 has neither.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void InATableWithoutServicesNothingIsTouched(Family family, Transport transport)
    {
        Pod pod = new(1);
        Flow flow = FlowOf(family, transport);
        string route = $"{Vip(family)}/{(family == Family.Ip4 ? 32 : 128)} table 8 via {new Pod(2).Address(family)} {Eight.Pods}";
        Lab.Type($"ip route add {route}");
        try
        {
            AssertUntouched(flow, pod);
            Serve(Zero, family, [pod]);
            AssertConverses(Zero, pod, flow);
            AssertUntouched(flow, pod);
            Serve(Seven, family, [pod]);
            AssertConverses(Seven, pod, flow);
            AssertUntouched(flow, pod);
            AssertConverses(Zero, pod, flow);
        }
        finally
        {
            Host.Cli($"ip route del {route}");
        }
    }

    [Theory]
    [Trait("Defect", "D24")]
    [Trait("Defect", "A-19")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void SessionsOfEveryTableOutliveNewSettingsAndNoneAFlush(Family family)
    {
        const int count = 100;
        Flow[] flows = [.. Enumerable.Range(0, count).Select(i => FlowOf(family, Transport.Udp, i))];
        foreach (TableSide side in All)
            Serve(side, family, Pod.First(4));
        string[] before = [.. All.Select(side => PodsReached(side, flows))];
        Assert.Equal(3 * count, SessionCount());
        foreach (TableSide side in All)
            Lab.Type($"ku pod {Vip(family)} port 80 protocol udp {new Pod(4).Address(family)} drain{side.Words}");
        Lab.Type("ku conf buckets 4096");
        try
        {
            Assert.Equal(3 * count, SessionCount());
            Assert.Equal(before, All.Select(side => PodsReached(side, flows)));
        }
        finally
        {
            Host.Cli("ku conf buckets 65536");
        }

        Assert.Equal(before, All.Select(side => PodsReached(side, flows)));
        Lab.Type("test kube-proxy flowtable flush");
        Assert.Equal(0, SessionCount());
        Assert.DoesNotContain(new Pod(4).Mac.ToString(), string.Concat(All.Select(side => PodsReached(side, flows))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void WhyAnswersForTheTableThatIsNamed(Family family)
    {
        Serve(Zero, family, [new Pod(1)]);
        Serve(Seven, family, [new Pod(2)]);
        Flow flow = FlowOf(family, Transport.Tcp);
        AssertConverses(Seven, new Pod(2), flow, Syn);
        string question = $"show ku why tcp {flow.Source.Address} {flow.Source.Port} {Vip(family)} 80";
        Assert.Contains("session  none", Host.Cli(question), StringComparison.Ordinal);
        Assert.Contains($"-> {new Pod(1).At(family, TargetPort)}", Host.Cli(question), StringComparison.Ordinal);
        string inSeven = Host.Cli($"{question} table 7");
        Assert.Contains("session  thread", inSeven, StringComparison.Ordinal);
        Assert.Contains($"-> {new Pod(2).At(family, TargetPort)}", inSeven, StringComparison.Ordinal);
        Assert.Contains("not for a service", Host.Cli($"{question} table 8"), StringComparison.Ordinal);
    }

    /// <summary>A packet to the VIP is routed on, and the pod's answer leaves as it is.</summary>
    private void AssertUntouched(Flow flow, Pod pod)
    {
        byte[] request = Request(Eight, flow);
        AssertLeaves(Eight.Clients, request, Eight.Pods, Expect.Forwarded(request, To(Eight, new Pod(2))));
        byte[] answer = Answer(Eight, pod, flow);
        AssertLeaves(Eight.Pods, answer, Eight.Clients, Expect.Forwarded(answer, ToClients(Eight)), LastWorker);
    }

    /// <summary>The link addresses of the pods that flows reach, in the order of the flows.</summary>
    private string PodsReached(TableSide side, Flow[] flows)
    {
        byte[][] sent = [.. flows.Select((flow, id) => Request(side, flow, PacketOptions.Plain with { Id = id }))];
        IReadOnlyList<byte[]> left = Exchange(new Injection(side.Clients, sent)).On(side.Pods);
        Assert.Equal(sent.Length, left.Count);
        return string.Join(' ', left.OrderBy(frame => PacketFactory.IdOf(frame)).Select(frame => Convert.ToHexString(frame.AsSpan(0, 6))));
    }
}

public sealed class TablesInVpp(VppWithTables host) : TableStories(host), IClassFixture<VppWithTables>;

public sealed class TablesInVppWithOneWorker(VppWithTablesAndOneWorker host) : TableStories(host), IClassFixture<VppWithTablesAndOneWorker>;

public sealed class TablesInVppWithTwoWorkers(VppWithTablesAndTwoWorkers host) : TableStories(host), IClassFixture<VppWithTablesAndTwoWorkers>;
