using System.Net;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>Streams from the clients: to a contender's services, and to addresses that are no service.</summary>
internal static class ForwardStreams
{
    /// <summary>Packets to services: every flow in turn ('-') or flows at random ('+').</summary>
    public static void Define(MeasuredVpp vpp, Contender contender, string stream, FlowSet flows, char mode, StreamShape shape)
    {
        if (shape.IsReplayed)
        {
            Streams.FromPackets(vpp, stream, contender.Site, Site.ClientInterface, RandomOrder.Of(ToServices(contender, flows, shape)), shape);
            return;
        }

        Streams.FromRanges(vpp, stream, Site.ClientInterface, new Ranges(
            flows.AddressRange(contender.Site, mode), flows.PortRange(mode), Of(contender.Destinations, mode), Ranges.Port), shape);
    }

    /// <summary>Endless packets, of which so many percent are for services.</summary>
    public static void DefineMixed(MeasuredVpp vpp, Contender contender, string stream, FlowSet flows, int servicePercent, StreamShape shape)
    {
        if (servicePercent == 100)
        {
            Define(vpp, contender, stream, flows, '+', shape);
            return;
        }

        if (!shape.IsReplayed)
        {
            DefineOther(vpp, contender.Site, stream, flows, shape);
            return;
        }

        IEnumerable<byte[]> others = ToOthers(contender.Site, flows, shape);
        IEnumerable<byte[]> services = servicePercent == 0 ? [] : ToServices(contender, flows, shape);
        Streams.FromPackets(vpp, stream, contender.Site, Site.ClientInterface, Mixture.Of(services, others, flows.Count, servicePercent), shape);
    }

    /// <summary>Packets to neighbours that belong to no service, at random.</summary>
    public static void DefineOther(MeasuredVpp vpp, Site site, string stream, FlowSet flows, StreamShape shape) =>
        Streams.FromRanges(vpp, stream, Site.ClientInterface, new Ranges(
            flows.AddressRange(site, '+'), flows.PortRange('+'), Of(site.Others, '+'), Ranges.Port), shape);

    /// <summary>"10.1.0.10 + 10.1.0.13" of addresses that follow each other.</summary>
    public static string Of(IReadOnlyList<IPAddress> addresses, char mode) => FlowSet.Range(mode, addresses[0].ToString(), addresses[^1].ToString());

    private static IEnumerable<byte[]> ToServices(Contender contender, FlowSet flows, StreamShape shape)
    {
        Site site = contender.Site;
        return Enumerable.Range(0, flows.Count).Select(flow => PacketMaker.Make(
            site, flows.ClientOf(site, flow),
            new IPEndPoint(contender.Destinations[flow % contender.Destinations.Count], site.Vips[flow % site.Vips.Count].Port), shape.PacketBytes));
    }

    private static IEnumerable<byte[]> ToOthers(Site site, FlowSet flows, StreamShape shape) => Enumerable.Range(0, flows.Count).Select(flow =>
        PacketMaker.Make(site, flows.ClientOf(site, flow), new IPEndPoint(site.Others[flow % site.Others.Count], Site.FirstPort), shape.PacketBytes));
}
