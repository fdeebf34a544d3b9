using System.Net;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>
/// What left VPP must be what a service makes of what came in: a wrong packet is cheaper than a right one. Ours must be
/// right to the last checksum; of others a fault is reported only.
/// </summary>
internal static class OutputCheck
{
    /// <summary>Client to pod: so many flows once, to a pod and its service's port, checksums right. Null when all is well.</summary>
    public static string? Forward(Contender contender, FlowSet flows, IReadOnlyList<byte[]> frames, int expected)
    {
        Site site = contender.Site;
        HashSet<IPAddress> pods = [.. site.Pods];
        HashSet<int> seen = [];
        foreach (byte[] frame in frames)
        {
            if (Checksums.Fault(frame) is { } fault)
                return fault;
            Flow flow = new IpView(frame).Flow;
            int number = flows.NumberOf(site, flow.Source);
            if (number < 0 || !pods.Contains(flow.Destination.Address) || flow.Destination.Port != site.Vips[number % site.Vips.Count].Port)
                return $"{flow} is not for a pod";
            seen.Add(number);
        }

        return seen.Count == expected && frames.Count == expected ? null : $"{frames.Count} packets of {seen.Count} flows came out, not {expected}";
    }

    /// <summary>
    /// Pod to client: every answer from the client's VIP and its port (plain forwarding: from a pod), checksums right. A
    /// flow that found no room in a table has no session, and its answers pass on untouched: so many may.
    /// </summary>
    public static string? Return(Contender contender, FlowSet flows, IReadOnlyList<byte[]> frames, int expected, long withoutSession)
    {
        Site site = contender.Site;
        foreach (byte[] frame in frames)
        {
            if (Checksums.Fault(frame) is { } fault)
                return fault;
            Flow flow = new IpView(frame).Flow;
            int number = flows.NumberOf(site, flow.Destination);
            if ((number < 0 || !contender.IsSource(flow.Source, number % site.Vips.Count)) && --withoutSession < 0)
                return $"{flow} does not come from the VIP";
        }

        return frames.Count == expected ? null : $"{frames.Count} packets came out, not {expected}";
    }

    /// <summary>Throws for our own faults, answers a text for others'.</summary>
    public static string? Judge(Contender contender, Way way, string? fault)
    {
        if (fault is null)
            return null;
        string text = $"{contender.Name}, {way.Title()}: {fault}";
        return contender is KubeProxyContender ? throw new TestbedException(text) : text;
    }
}
