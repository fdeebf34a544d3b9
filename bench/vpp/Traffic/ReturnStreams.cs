using System.Net;
using KubeProxy.Bench.Vpp.Hosts;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>Endless streams from a contender's pods' interface to the clients.</summary>
internal static class ReturnStreams
{
    /// <summary>Answers in a random order, mixed with packets of neighbours that belong to no service.</summary>
    public static void Define(
        MeasuredVpp vpp, Site site, string stream, IReadOnlyCollection<byte[]> answers, FlowSet flows, int answerPercent, StreamShape shape)
    {
        IEnumerable<byte[]> others = Enumerable.Range(0, flows.Count).Select(flow =>
            PacketMaker.Make(site, new IPEndPoint(site.Others[flow % site.Others.Count], Site.FirstPort), flows.ClientOf(site, flow), shape.PacketBytes));
        Streams.FromPackets(vpp, stream, site, site.PodInterface, Mixture.Of(answers, others, flows.Count, answerPercent), shape);
    }

    /// <summary>Answers of a service with one pod: then every pair of pod and client has a session, and the generator can draw them.</summary>
    public static void DefineOfOnePod(MeasuredVpp vpp, Site site, string stream, FlowSet flows, char mode, StreamShape shape) =>
        FromRanges(vpp, site, stream, [site.Pods[0]], flows, mode, shape);

    /// <summary>Packets of neighbours that belong to no service.</summary>
    public static void DefineOther(MeasuredVpp vpp, Site site, string stream, FlowSet flows, StreamShape shape) =>
        FromRanges(vpp, site, stream, site.Others, flows, '+', shape);

    private static void FromRanges(MeasuredVpp vpp, Site site, string stream, IReadOnlyList<IPAddress> sources, FlowSet flows, char mode, StreamShape shape) =>
        Streams.FromRanges(vpp, stream, site.PodInterface, new Ranges(
            ForwardStreams.Of(sources, mode), Ranges.Port, flows.AddressRange(site, mode), flows.PortRange(mode)), shape);
}
