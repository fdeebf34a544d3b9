using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>One table's two interfaces.</summary>
public sealed record TableSide(int Table, string Clients, string Pods)
{
    /// <summary>The words that name the table in a command.</summary>
    public string Words => Table == 0 ? "" : $" table {Table}";
}

/// <summary>
/// What stories of tables are told with: the wiring of <see cref="Lab"/> three times, in three tables, with the same addresses of
/// interfaces, clients and pods in each.
/// <code>
///   table 0: clients ── pg0 [ host ] pg1 ── pods
///   table 7: clients ── pg2 [ host ] pg3 ── pods
///   table 8: clients ── pg4 [ host ] pg5 ── pods
/// </code>
/// </summary>
public abstract class TableStory : Story
{
    protected const int TargetPort = 8080;
    private static readonly ConcurrentDictionary<int, bool> Wired = new();
    private static readonly PhysicalAddress ClientRouter = new([2, 0, 0, 0, 0x0c, 1]);
    private readonly List<string> _vips = [];

    protected TableStory(HostFixture fixture) : base(fixture)
    {
        if (Wired.TryAdd(Host.Pid, true))
            Wire();
    }

    protected static TableSide Zero { get; } = new(0, Lab.ClientSide, Lab.PodSide);

    protected static TableSide Seven { get; } = new(7, "pg2", "pg3");

    protected static TableSide Eight { get; } = new(8, "pg4", "pg5");

    protected static IReadOnlyList<TableSide> All { get; } = [Zero, Seven, Eight];

    protected int LastWorker => Math.Max(0, Host.WorkerCount - 1);

    protected override void Dispose(bool disposing)
    {
        foreach (string vip in _vips.Where(_ => disposing && Host.IsAlive))
            Host.Cli($"ku vip {vip} del");
        base.Dispose(disposing);
    }

    protected static IPAddress Vip(Family family) => IPAddress.Parse(family == Family.Ip4 ? "90.1.2.3" : "2003::3");

    protected static Flow FlowOf(Family family, Transport transport, int number = 0, IPAddress? vip = null) =>
        new(transport, Lab.Client(family, number), new IPEndPoint(vip ?? Vip(family), 80));

    /// <summary>A service in a table, gone at the story's end.</summary>
    protected void Serve(TableSide side, Family family, IReadOnlyList<Pod> pods, string options = "", IPAddress? vip = null, Transport? only = null)
    {
        ArgumentNullException.ThrowIfNull(side);
        string key = $"{vip ?? Vip(family)} port 80{(only is { } transport ? $" protocol {Cluster.Word(transport)}" : "")}{side.Words}";
        Lab.Type($"ku vip {key} target_port {TargetPort} {options}".TrimEnd());
        _vips.Add(key);
        if (pods.Count > 0)
            Lab.Type($"ku pod {key} {string.Join(' ', pods.Select(pod => pod.Address(family)))}");
    }

    protected Link FromClients(TableSide side) => new(ClientRouter, Host.MacOf(side.Clients));

    protected Link ToClients(TableSide side) => new(Host.MacOf(side.Clients), ClientRouter);

    protected Link From(TableSide side, Pod pod) => new(pod.Mac, Host.MacOf(side.Pods));

    protected Link To(TableSide side, Pod pod) => new(Host.MacOf(side.Pods), pod.Mac);

    protected byte[] Request(TableSide side, Flow flow, PacketOptions? options = null) => PacketFactory.Build(flow, FromClients(side), options ?? PacketOptions.Plain);

    /// <summary>What must leave for it.</summary>
    protected byte[] RequestLeft(TableSide side, Pod pod, byte[] sent) => Expect.ToPod(sent, To(side, pod), pod.At(FamilyOf(sent), TargetPort));

    /// <summary>The answer of a pod to a flow.</summary>
    protected byte[] Answer(TableSide side, Pod pod, Flow flow, PacketOptions? options = null) => PacketFactory.Build(
        new Flow(flow.Transport, pod.At(flow.IsIp6 ? Family.Ip6 : Family.Ip4, TargetPort), flow.Source), From(side, pod), options ?? PacketOptions.Plain);

    /// <summary>What must leave for it.</summary>
    protected byte[] AnswerLeft(TableSide side, Flow flow, byte[] sent) => Expect.FromVip(sent, ToClients(side), flow.Destination);

    /// <summary>A flow's packet reaches the pod, and the pod's answer the client, each byte for byte and nothing else; the answer on another worker.</summary>
    protected void AssertConverses(TableSide side, Pod pod, Flow flow, PacketOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(side);
        byte[] request = Request(side, flow, options);
        AssertLeaves(side.Clients, request, side.Pods, RequestLeft(side, pod, request));
        byte[] answer = Answer(side, pod, flow);
        AssertLeaves(side.Pods, answer, side.Clients, AnswerLeft(side, flow, answer), LastWorker);
    }

    /// <summary>A frame enters, exactly this one leaves, and nothing else.</summary>
    protected void AssertLeaves(string entersOn, byte[] sent, string leavesOn, byte[] expected, int worker = 0)
    {
        Capture capture = Exchange(new Injection(entersOn, [sent], worker));
        Assert.True(capture.Count == 1, $"{capture.Count} frames left for one that entered {entersOn}: {string.Join('\n', capture.All.Select(Text))}");
        AssertSame(expected, Assert.Single(capture.On(leavesOn)));
    }

    private static Family FamilyOf(byte[] frame) => new IpView(frame).IsIp4 ? Family.Ip4 : Family.Ip6;

    private void Wire()
    {
        foreach (int number in Enumerable.Range(2, 4))
            Host.CreatePacketInterface(number);
        Host.TypeAll([.. Lines(Seven), .. Lines(Eight)]);
    }

    private static IEnumerable<string> Lines(TableSide side)
    {
        yield return $"ip table add {side.Table}";
        yield return $"ip6 table add {side.Table}";
        foreach (string name in (string[])[side.Clients, side.Pods])
        {
            yield return $"set interface ip table {name} {side.Table}";
            yield return $"set interface ip6 table {name} {side.Table}";
        }

        yield return $"set interface ip address {side.Clients} 10.1.0.1/16";
        yield return $"set interface ip address {side.Clients} fd01::1/64";
        yield return $"set interface ip address {side.Pods} 10.2.0.1/16";
        yield return $"set interface ip address {side.Pods} fd02::1/64";
        yield return $"set ip neighbor {side.Clients} 10.1.0.10 {Text(ClientRouter)} static";
        yield return $"set ip neighbor {side.Clients} fd01::10 {Text(ClientRouter)} static";
        yield return $"ip route add 172.16.0.0/12 table {side.Table} via 10.1.0.10 {side.Clients}";
        yield return $"ip route add fdc0::/32 table {side.Table} via fd01::10 {side.Clients}";
        foreach (Pod pod in Pod.First(4))
        {
            yield return $"set ip neighbor {side.Pods} {pod.Address(Family.Ip4)} {Text(pod.Mac)} static";
            yield return $"set ip neighbor {side.Pods} {pod.Address(Family.Ip6)} {Text(pod.Mac)} static";
        }

        yield return $"ku set interface nat4 in {side.Pods}";
        yield return $"ku set interface nat6 in {side.Pods}";
    }

    private static string Text(PhysicalAddress mac) => string.Join(':', mac.GetAddressBytes().Select(value => $"{value:x2}"));
}
