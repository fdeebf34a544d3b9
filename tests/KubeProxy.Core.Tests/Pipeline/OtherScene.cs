using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// The usual prefix VIP and the packets of protocols without ports: what its clients send and its pods answer. Every packet is
/// compared in full with what the naive translator makes of it.
/// </summary>
public sealed class OtherScene(IpFamily family, DataPathOptions? options = null) : IDisposable
{
    /// <summary>Slot of the prefix VIP.</summary>
    public const uint VipSlot = 2;

    public const byte Gre = 47;
    public const byte Esp = 50;

    public Topology Site { get; } = new(family, options);

    public DataPathFixture Path => Site.Path;

    /// <summary>The protocols that <paramref name="family"/> has no other use for: neither TCP nor UDP nor an extension header.</summary>
    public static IEnumerable<byte> Protocols(IpFamily family) => Enumerable.Range(0, 256).Select(number => (byte)number)
        .Where(number => number is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp))
        .Where(number => family == IpFamily.Ip4 || number is not (0 or 43 or 44 or 51 or 60 or 135 or 139 or 140));

    /// <summary>A client's packet; of the family's ICMP an echo request.</summary>
    public PacketSpec Request(byte protocol, int client = 1, int vip = 1) =>
        new(Tests.Pipeline.Site.Client(family, client, 777), Tests.Pipeline.Site.Vip(family, vip, 888), protocol)
        {
            Seed = client,
            IcmpType = EchoType(protocol, isRequest: true),
        };

    /// <summary>A pod's packet to a client; of the family's ICMP an echo reply.</summary>
    public PacketSpec Answer(byte protocol, uint podSlot, int client = 1) =>
        new(Site.PodOf(podSlot, 999), Tests.Pipeline.Site.Client(family, client, 777), protocol)
        {
            Seed = client + 1000,
            PayloadBytes = 40,
            IcmpType = EchoType(protocol, isRequest: false),
        };

    /// <summary>The packet reaches a pod of the prefix.</summary>
    public Verdict Send(PacketSpec request, int worker = 0)
    {
        byte[] packet = request.Build();
        Verdict verdict = Path.Forward(family, worker, new TestPacket(packet, VipSlot))[0];
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Contains(verdict.PodSlot, Site.PrefixPods);
        Assert.Equal(verdict.PodSlot, (uint)verdict.Target);
        Assert.Equal(Translation.ToPod(packet, AddressOf(verdict.PodSlot)), verdict.Bytes);
        return verdict;
    }

    /// <summary>The pod's packet leaves with the address that the client used.</summary>
    public void AssertAnswers(PacketSpec answer, PacketSpec request, int worker = 0)
    {
        byte[] packet = answer.Build();
        Verdict verdict = Path.Return(family, worker, packet)[0];
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(Translation.FromVip(packet, new IPEndPoint(request.To.Address, 0)), verdict.Bytes);
    }

    public void AssertPasses(byte[] packet)
    {
        Verdict verdict = Site.Return(packet);
        Assert.Equal((ReturnPath<Ip4Family, Core.Sessions.Ip4Session, Ip4Flow>.Pass, SessionUse.None), (verdict.Outcome, verdict.Session));
        Assert.Equal(packet, verdict.Bytes);
    }

    /// <summary>Dropped or refused, its bytes as they were.</summary>
    public void AssertRefused(byte[] packet, Outcome reason, uint vipSlot = VipSlot)
    {
        Verdict verdict = Site.Forward(new TestPacket(packet, vipSlot));
        Assert.Equal((reason, SessionUse.None), (verdict.Outcome, verdict.Session));
        Assert.Equal(packet, verdict.Bytes);
    }

    public IPEndPoint AddressOf(uint podSlot) => new(Site.PodOf(podSlot, 0).Address, 0);

    public void Dispose()
    {
        Path.Audit();
        Site.Dispose();
    }

    private int EchoType(byte protocol, bool isRequest) => (family, protocol) switch
    {
        (IpFamily.Ip4, IpProtocol.Icmp) => isRequest ? 8 : 0,
        (IpFamily.Ip6, IpProtocol.Icmp6) => isRequest ? 128 : 129,
        _ => -1,
    };
}
