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

    /// <summary>As many packets as there are flows, once: so many percent are the first ones of flows beyond the set, the rest are of its flows, at random.</summary>
    public static void DefineSomeNew(MeasuredVpp vpp, Contender contender, string stream, FlowSet flows, int newPercent, StreamShape shape)
    {
        Site site = contender.Site;
        int beyond = NewOf(flows, newPercent);
        IEnumerable<byte[]> first = Enumerable.Range(0, beyond).Select(flow => ToService(contender, flow, flows.ClientBeyond(site, flow), shape));
        IEnumerable<byte[]> known = RandomOrder.Of(ToServices(contender, flows, shape)).Take(flows.Count - beyond);
        Streams.FromPackets(vpp, stream, site, Site.ClientInterface, RandomOrder.Of(known.Concat(first)), shape);
    }

    /// <summary>So many percent of a set's number.</summary>
    public static int NewOf(FlowSet flows, int newPercent) => (int)((long)flows.Count * newPercent / 100);

    /// <summary>Packets to neighbours that belong to no service, at random.</summary>
    public static void DefineOther(MeasuredVpp vpp, Site site, string stream, FlowSet flows, StreamShape shape) =>
        Streams.FromRanges(vpp, stream, Site.ClientInterface, new Ranges(
            flows.AddressRange(site, '+'), flows.PortRange('+'), Of(site.Others, '+'), Ranges.Port), shape);

    /// <summary>"10.1.0.10 + 10.1.0.13" of addresses that follow each other.</summary>
    public static string Of(IReadOnlyList<IPAddress> addresses, char mode) => FlowSet.Range(mode, addresses[0].ToString(), addresses[^1].ToString());

    private static IEnumerable<byte[]> ToServices(Contender contender, FlowSet flows, StreamShape shape) =>
        Enumerable.Range(0, flows.Count).Select(flow => ToService(contender, flow, flows.ClientOf(contender.Site, flow), shape));

    private static byte[] ToService(Contender contender, int flow, IPEndPoint client, StreamShape shape)
    {
        Site site = contender.Site;
        IPEndPoint service = new(contender.Destinations[flow % contender.Destinations.Count], site.Vips[flow % site.Vips.Count].Port);
        return PacketMaker.Make(site, client, service, shape.PacketBytes);
    }

    private static IEnumerable<byte[]> ToOthers(Site site, FlowSet flows, StreamShape shape) => Enumerable.Range(0, flows.Count).Select(flow =>
        PacketMaker.Make(site, flows.ClientOf(site, flow), new IPEndPoint(site.Others[flow % site.Others.Count], Site.FirstPort), shape.PacketBytes));
}
