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
    private readonly FlowSet[] _flows = [.. Families.Select(family => new FlowSet(FlowCount, family))];

    /// <summary>Zero when nothing was allocated and collected, else 1.</summary>
    public int Run()
    {
        using MeasuredVpp vpp = MeasuredVpp.Start(new MeasuredVppOptions());
        Site.CreateClients(vpp, Families[0]);
        Site.AddClients(vpp, Families[1]);
        bool isClean = true;
        foreach ((AddressFamily family, FlowSet flows) in Families.Zip(_flows))
            isClean &= RunFamily(vpp, new KubeProxyContender(new Site(family == AddressFamily.InterNetwork ? 1 : 2, family)), flows);
        return isClean ? 0 : 1;
    }

    private bool RunFamily(MeasuredVpp vpp, KubeProxyContender contender, FlowSet flows)
    {
        contender.Site.Create(vpp);
        contender.Configure(vpp, TableSize.For(flows.Count));
        ForwardStreams.Define(vpp, contender, "gate-learn", flows, '-', new StreamShape(flows.Count));
        IReadOnlyList<byte[]> frames = Streams.RunAndCapture(vpp, "gate-learn", contender.Site.PodInterface);
        if (OutputCheck.Forward(contender, flows, frames) is { } fault)
            throw new TestbedException(fault);
        vpp.Do("test kube-proxy flowtable flush");
        ForwardStreams.Define(vpp, contender, "gate-new", flows, '-', new StreamShape(flows.Count));
        long share = packets / 4;
        ForwardStreams.Define(vpp, contender, "gate-forward", flows, '+', new StreamShape(share - flows.Count));
        Streams.FromPackets(vpp, "gate-return", contender.Site, contender.Site.PodInterface, ReturnPackets.Shuffled(frames.Select(ReturnPackets.AnswerTo)), new StreamShape(share));
        bool isClean = Gate(vpp, contender, share);
        foreach (string stream in (string[])["gate-learn", "gate-new", "gate-forward", "gate-return"])
            Streams.Delete(vpp, stream);
        return isClean;
    }

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
