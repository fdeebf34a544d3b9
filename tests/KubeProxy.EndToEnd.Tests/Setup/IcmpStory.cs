using System.Net;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>An error as it is sent, and what must leave for it.</summary>
public sealed record IcmpExchange(string EntersOn, byte[] Sent, string LeavesOn, byte[] Expected);

/// <summary>
/// What stories of ICMP errors are told with: a flow whose pod is known, and the errors about its packets. What a side has seen is
/// crafted anew with that side's ends.
/// </summary>
public abstract class IcmpStory(HostFixture fixture) : MasqueradeStory(fixture)
{
    protected const int TargetPort = 8080;
    protected static readonly PacketOptions Quoted = PacketOptions.Plain with { Id = 5, PayloadLengthBytes = 40, TimeToLive = 61 };

    protected static string Node(Family family) => family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";

    /// <summary>"Time exceeded", as of traceroute.</summary>
    protected static byte TimeExceeded(Family family) => family == Family.Ip4 ? (byte)11 : (byte)3;

    /// <summary>A router on the clients' side.</summary>
    protected static IPAddress ClientRouter(Family family) => IPAddress.Parse(family == Family.Ip4 ? "10.1.0.10" : "fd01::10");

    /// <summary>"Fragmentation needed" or "packet too big", with this MTU.</summary>
    protected static IcmpContent TooBig(Family family, byte[] frame, uint mtu) => family == Family.Ip4
        ? IcmpContent.About(frame, 3, 4, mtu)
        : IcmpContent.About(frame, 2, 0, mtu);

    /// <summary>A client's first packet reaches a pod with this source address: its own when there is none.</summary>
    protected SeenFlow Open(Flow flow, Family family, IPAddress? source = null, string enteringOn = Lab.ClientSide)
    {
        Link link = enteringOn == Lab.ClientSide ? Lab.FromClients : Lab.From(new Pod(1));
        byte[] request = PacketFactory.Build(flow, link, PacketOptions.Plain with { Syn = true });
        Capture capture = Exchange(new Injection(enteringOn, [request]));
        return Assert.Single(AssertMasqueraded([flow], [request], capture, family, TargetPort, _ => source ?? flow.Source.Address));
    }

    /// <summary>An error about the client's packet, by the pod or a router in front of it.</summary>
    protected IcmpExchange ToClient(SeenFlow flow, Func<byte[], IcmpContent> about, IPAddress? router = null)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(about);
        IcmpContent sent = about(Packet(flow, flow.Source, flow.PodEnd));
        IcmpContent expected = about(Packet(flow, flow.Client.Source, flow.Client.Destination)) with { Hops = (byte)(sent.Hops - 1) };
        bool isPods = flow.Client.Source.Address.Equals(flow.PodEnd.Address);
        return new IcmpExchange(
            Lab.PodSide,
            IcmpFactory.Build(Lab.From(flow.Pod), router ?? flow.PodEnd.Address, flow.Source.Address, sent),
            isPods ? Lab.PodSide : Lab.ClientSide,
            IcmpFactory.Build(isPods ? Lab.To(flow.Pod) : Lab.ToClients, flow.Client.Destination.Address, flow.Client.Source.Address, expected));
    }

    /// <summary>An error about the pod's answer, by the client or a router in front of it.</summary>
    protected IcmpExchange ToPod(SeenFlow flow, Func<byte[], IcmpContent> about, IPAddress? router = null)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(about);
        IcmpContent sent = about(Packet(flow, flow.Client.Destination, flow.Client.Source));
        IcmpContent expected = about(Packet(flow, flow.PodEnd, flow.Source)) with { Hops = (byte)(sent.Hops - 1) };
        bool isPods = flow.Client.Source.Address.Equals(flow.PodEnd.Address);
        return new IcmpExchange(
            isPods ? Lab.PodSide : Lab.ClientSide,
            IcmpFactory.Build(isPods ? Lab.From(flow.Pod) : Lab.FromClients, router ?? flow.Client.Source.Address, flow.Client.Destination.Address, sent),
            Lab.PodSide,
            IcmpFactory.Build(Lab.To(flow.Pod), router ?? flow.Source.Address, flow.PodEnd.Address, expected));
    }

    /// <summary>The error leaves as expected, alone; no session has come, gone or been used, and nothing is counted as dropped.</summary>
    protected void AssertTranslated(IcmpExchange exchange, int worker = 0)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        (int sessions, ErrorCounters before) = (SessionCount(), ErrorCounters.Of(Host));
        Capture capture = Exchange(new Injection(exchange.EntersOn, [exchange.Sent], worker));
        AssertSame(exchange.Expected, Assert.Single(capture.On(exchange.LeavesOn)));
        Assert.Equal(1, capture.Count);
        Assert.Equal(sessions, SessionCount());
        Assert.DoesNotContain(ErrorCounters.Of(Host).Since(before), row => row.Key.StartsWith("kp", StringComparison.Ordinal));
    }

    /// <summary>What enters on the clients' side leaves nowhere and is counted once, under this reason.</summary>
    protected void AssertDropped(Family family, string reason, params byte[][] frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Equal(0, Host.Exchange(new Injection(Lab.ClientSide, frames)).Count);
        KeyValuePair<string, long> only = Assert.Single(ErrorCounters.Of(Host).Since(before), row => row.Key.StartsWith("kp", StringComparison.Ordinal));
        Assert.Equal(KeyValuePair.Create($"{Node(family)}: {reason}", (long)frames.Length), only);
    }

    private static byte[] Packet(SeenFlow flow, IPEndPoint from, IPEndPoint to) =>
        PacketFactory.Build(new Flow(flow.Client.Transport, from, to), new Link(flow.Pod.Mac, flow.Pod.Mac), Quoted);
}
