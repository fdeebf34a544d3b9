using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp;

/// <summary>
/// Packets through kp4-nat4, kp6-nat6, kp-nat4-in2out and kp-nat6-in2out of a real VPP, a quarter each: new flows,
/// remembered flows and answers. Managed memory allocated, on all threads, and collections are read with
/// <c>show kube-proxy runtime</c> before and after; what the command itself allocates is taken out by reading it once
/// more without packets.
/// </summary>
internal sealed class AllocationGate(long packets)
{
    private const int FlowCount = 10_000;
    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];
    private readonly FlowSet _flows = new(FlowCount);

    /// <summary>Zero when nothing was allocated and collected, else 1.</summary>
    public int Run()
    {
        using MeasuredVpp vpp = MeasuredVpp.Start(new MeasuredVppOptions());
        Site.CreateClients(vpp, Families);
        bool isClean = true;
        foreach ((int index, AddressFamily family) in Families.Index())
            isClean &= RunFamily(vpp, new KubeProxyContender(new Site(index + 1, family)));
        return isClean ? 0 : 1;
    }

    private bool RunFamily(MeasuredVpp vpp, KubeProxyContender contender)
    {
        contender.Site.Create(vpp);
        contender.Configure(vpp, TableSize.For(_flows));
        ForwardStreams.Define(vpp, contender, "gate-learn", _flows, '-', ShapeOf(contender, _flows.Count));
        IReadOnlyList<byte[]> frames = Streams.RunAndCapture(vpp, "gate-learn", contender.Site.PodInterface);
        if (OutputCheck.Forward(contender, _flows, frames, _flows.Count) is { } fault)
            throw new TestbedException(fault);
        vpp.Do("test kube-proxy flowtable flush");
        ForwardStreams.Define(vpp, contender, "gate-new", _flows, '-', ShapeOf(contender, _flows.Count));
        long share = packets / 4;
        ForwardStreams.Define(vpp, contender, "gate-forward", _flows, '+', ShapeOf(contender, share - _flows.Count));
        Streams.FromPackets(vpp, "gate-return", contender.Site, contender.Site.PodInterface, RandomOrder.Of(frames.Select(ReturnPackets.AnswerTo)), new StreamShape(share));
        bool isClean = Gate(vpp, contender, share);
        foreach (string stream in (string[])["gate-learn", "gate-new", "gate-forward", "gate-return"])
            Streams.Delete(vpp, stream);
        return isClean;
    }

    /// <summary>The generator does not step through IPv6 addresses.</summary>
    private static StreamShape ShapeOf(KubeProxyContender contender, long limit) => new(limit, IsReplayed: !contender.Site.IsIp4);

    private static bool Gate(MeasuredVpp vpp, KubeProxyContender contender, long expected)
    {
        vpp.Do("clear runtime");
        ManagedRuntime before = ManagedRuntime.Read(vpp);
        foreach (string stream in (string[])["gate-new", "gate-forward", "gate-return"])
            Streams.RunToEnd(vpp, stream);
        ManagedRuntime after = ManagedRuntime.Read(vpp);
        ManagedRuntime last = ManagedRuntime.Read(vpp);
        IReadOnlyDictionary<string, NodeClocks> nodes = RuntimeTable.Parse(vpp.Cli("show runtime"));

        // A reading's text is as long as its numbers have digits: the last reading allocates no less than the one before.
        long ofReading = last.AllocatedBytes - after.AllocatedBytes;
        long bytes = Math.Max(0, after.AllocatedBytes - before.AllocatedBytes - ofReading);
        long collections = after.Collections - before.Collections;
        if (ofReading == 0)
            throw new TestbedException("reading the counter allocates, but the counter stood still: it counts nothing");
        bool isClean = bytes == 0 && collections == 0;
        foreach (string node in (string[])[contender.ForwardNodes[0], contender.ReturnNodes![0]])
        {
            long seen = nodes.GetValueOrDefault(node)?.Packets ?? 0;
            isClean &= seen >= expected;
            Console.WriteLine($"{node,-16} {seen,12:N0} packets");
        }

        Console.WriteLine($"{"",-16} {ofReading,12:N0} managed bytes allocated by reading the counter once, taken out");
        Console.WriteLine($"{"",-16} {bytes,12:N0} managed bytes allocated, {collections} collections: {(isClean ? "passed" : "FAILED")}");
        return isClean;
    }
}
