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
    /// <summary>Client to pod: every flow once, to a pod and its port, checksums right. Null when all is well.</summary>
    public static string? Forward(Contender contender, FlowSet flows, IReadOnlyList<byte[]> frames)
    {
        HashSet<IPAddress> pods = [.. contender.Site.Pods];
        HashSet<IPEndPoint> clients = [];
        foreach (byte[] frame in frames)
        {
            if (Checksums.Fault(frame) is { } fault)
                return fault;
            Flow flow = new IpView(frame).Flow;
            if (!pods.Contains(flow.Destination.Address) || flow.Destination.Port != Site.Port)
                return $"{flow} is not for a pod";
            clients.Add(flow.Source);
        }

        return clients.Count == flows.Count && frames.Count == flows.Count ? null : $"{frames.Count} packets of {clients.Count} flows came out, not {flows.Count}";
    }

    /// <summary>
    /// Pod to client: every answer from the VIP and its port (plain forwarding: from the pod), checksums right. A flow
    /// that found no room in a table has no session, and its answers pass on untouched: so many may.
    /// </summary>
    public static string? Return(Contender contender, FlowSet flows, IReadOnlyList<byte[]> frames, long withoutSession)
    {
        string source = contender.Destination;
        foreach (byte[] frame in frames)
        {
            if (Checksums.Fault(frame) is { } fault)
                return fault;
            Flow flow = new IpView(frame).Flow;
            if ((flow.Source.Address.ToString() != source || flow.Source.Port != Site.Port) && --withoutSession < 0)
                return $"{flow} does not come from {source} port {Site.Port}";
        }

        return frames.Count == flows.Count ? null : $"{frames.Count} packets came out, not {flows.Count}";
    }

    /// <summary>Throws for our own faults, answers a text for others'.</summary>
    public static string? Judge(Contender contender, Direction direction, string? fault)
    {
        if (fault is null)
            return null;
        string text = $"{contender.Name}, {direction.ToString().ToLowerInvariant()}: {fault}";
        return contender is KubeProxyContender ? throw new TestbedException(text) : text;
    }
}
