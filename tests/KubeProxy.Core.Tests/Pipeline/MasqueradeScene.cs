using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// The usual service of one protocol, masqueraded: its pods see a node's address instead of their clients'. VIP 3 is another address
/// of its VIP. Every packet is compared in full with what the naive translator makes of it.
/// </summary>
public sealed unsafe class MasqueradeScene : IDisposable
{
    /// <summary>Slot of the VIP's other address.</summary>
    public const uint OtherAddress = 3;

    private const ushort AddressIndex = 2;

    public MasqueradeScene(IpFamily family, byte protocol, DataPathOptions? options = null, int podCount = Topology.PodCount, bool isForOutside = false)
    {
        Protocol = protocol;
        Site = new Topology(family, options);
        Source = family == IpFamily.Ip4 ? IPAddress.Parse("10.0.0.77") : IPAddress.Parse("fd00:0:0:77::1");
        Source.TryWriteBytes(new Span<byte>(Site.Path.Shared->Masquerades[AddressIndex].Bytes, 16), out _);
        foreach (uint pod in Pods) Site.Path.Shared->Pods[pod].MasqueradeIndex = AddressIndex;
        Site.Path.Plan.MainSlots[OtherAddress] = 1;
        ServicePlan.Entry entry = new(Topology.ServiceOf(protocol), Pods[..podCount]) { MasqueradeIndex = AddressIndex, IsMasqueradeForOutside = isForOutside };
        Site.Path.Plan.Set(1, protocol, 80, entry);
        Site.Path.Plan.Set(OtherAddress, protocol, 80, entry);
    }

    public Topology Site { get; }

    public DataPathFixture Path => Site.Path;

    public byte Protocol { get; }

    public uint[] Pods => Site.Pods(Protocol);

    /// <summary>The address that pods see.</summary>
    public IPAddress Source { get; }

    public PacketSpec Request(int clientPort = 40_000, int client = 1) => Site.Request(Protocol, clientPort, client: client);

    /// <summary>The client's packet reaches a pod, which sees the masquerade address; answers pod and source.</summary>
    public (uint PodSlot, IPEndPoint Source) Send(PacketSpec request, int worker = 0, uint vipSlot = 1, IPAddress? source = null)
    {
        Verdict verdict = Path.Forward(Site.Family, worker, new TestPacket(request.Build(), vipSlot))[0];
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        IPEndPoint seen = Translation.SourceOf(verdict.Bytes);
        Assert.Equal(source ?? Source, seen.Address);
        IPEndPoint pod = Site.PodOf(verdict.PodSlot, request.To.Port);
        Assert.Equal(Translation.ToPod(Translation.FromVip(request.Build(), seen), pod), verdict.Bytes);
        Assert.Equal(verdict.PodSlot, (uint)verdict.Target);
        return (verdict.PodSlot, seen);
    }

    /// <summary>The pod's answer to what it saw; it reaches the client, from the address that the client used.</summary>
    public void Answer(PacketSpec request, uint podSlot, IPEndPoint source, int worker = 0)
    {
        PacketSpec answer = AnswerTo(request, podSlot, source);
        Verdict verdict = Path.Return(Site.Family, worker, answer)[0];
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(podSlot, verdict.PodSlot);
        Assert.Equal(Translation.FromVip(Translation.ToPod(answer.Build(), request.From), request.To), verdict.Bytes);
    }

    /// <summary>What the pod sends to what it took for its client.</summary>
    public PacketSpec AnswerTo(PacketSpec request, uint podSlot, IPEndPoint source) =>
        Site.Answer(request, podSlot) with { To = source, TcpFlags = (byte)(request.TcpFlags | PacketSpec.Ack) };

    public Outcome OutcomeOf(PacketSpec request, int worker = 0)
    {
        Verdict verdict = Path.Forward(Site.Family, worker, request)[0];
        if (verdict.Outcome != Outcome.Translated) Assert.Equal(request.Build(), verdict.Bytes);
        return verdict.Outcome;
    }

    public void Dispose()
    {
        Path.Audit();
        Site.Dispose();
    }
}
