using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>How a session's pod sees its client.</summary>
public enum SeenAs
{
    /// <summary>By its own address and port.</summary>
    Client,

    /// <summary>By the service's masquerade address.</summary>
    Masqueraded,

    /// <summary>The client is the pod itself, and seen by the VIP's address.</summary>
    Hairpin,
}

/// <summary>
/// One session, opened by a client's packet, and the packets of its flow as each side has them. The same specification with other ends
/// is the oracle: it is built anew, checksums included, and shares no code with the translation.
/// </summary>
public sealed unsafe class IcmpScene : IDisposable
{
    private const ushort MasqueradeIndex = 2;

    public IcmpScene(IpFamily family, byte protocol, SeenAs seenAs = SeenAs.Client, DataPathOptions? options = null)
    {
        Site = new Topology(family, options ?? new DataPathOptions { WorkerCount = 2 });
        PodSlot = Site.Pods(protocol)[0];
        if (seenAs == SeenAs.Masqueraded) SetMasquerade(family);
        Site.Path.Plan.Set(1, protocol, 80, new ServicePlan.Entry(Topology.ServiceOf(protocol), [PodSlot])
        {
            MasqueradeIndex = seenAs == SeenAs.Masqueraded ? MasqueradeIndex : (ushort)0,
        });
        Pod = Site.PodOf(PodSlot, 80);
        Request = Site.Request(protocol) with { TcpFlags = PacketSpec.Syn };
        if (seenAs == SeenAs.Hairpin) Request = Request with { From = new IPEndPoint(Pod.Address, 40_000) };
        Verdict verdict = Site.Forward(Request);
        Assert.Equal((Outcome.Translated, PodSlot), (verdict.Outcome, verdict.PodSlot));
        Seen = Translation.SourceOf(verdict.Bytes);
        Assert.Equal(seenAs == SeenAs.Client, Seen.Equals(Request.From));
    }

    public Topology Site { get; }

    public uint PodSlot { get; }

    /// <summary>The pod's address and port.</summary>
    public IPEndPoint Pod { get; }

    /// <summary>What the pod takes for its client.</summary>
    public IPEndPoint Seen { get; }

    /// <summary>The client's packet as it sent it.</summary>
    public PacketSpec Request { get; }

    /// <summary>The client's packet as the pod got it.</summary>
    public PacketSpec Delivered => Request with { From = Seen, To = Pod };

    /// <summary>The pod's answer as it sent it.</summary>
    public PacketSpec Sent => Request with { From = Pod, To = Seen, Seed = 77, PayloadBytes = 50 };

    /// <summary>The pod's answer as the client got it.</summary>
    public PacketSpec Received => Sent with { From = Request.To, To = Request.From };

    /// <summary>A router between the host and one of the ends.</summary>
    public IPAddress Router => IPAddress.Parse(Site.Family == IpFamily.Ip4 ? "198.51.100.7" : "2001:db8:7::7");

    /// <summary>An error about the answer, from the client's side, and what the pod must get; the client's own when no one is named.</summary>
    public (IcmpSpec Error, IcmpSpec Expected) ToPod(IPAddress? from = null)
    {
        var error = new IcmpSpec(from ?? Request.From.Address, Request.To.Address, Received.Build());
        return (error, error with { From = from ?? Seen.Address, To = Pod.Address, Quoted = Sent.Build() });
    }

    /// <summary>An error about the client's packet, from the pods' side, and what the client must get.</summary>
    public (IcmpSpec Error, IcmpSpec Expected) ToClient(IPAddress? from = null)
    {
        var error = new IcmpSpec(from ?? Pod.Address, Seen.Address, Delivered.Build());
        return (error, error with { From = Request.To.Address, To = Request.From.Address, Quoted = Request.Build() });
    }

    /// <summary>True: what is sent goes on in another piece of memory.</summary>
    public bool IsChained { get; init; }

    public Verdict Forward(TestPacket packet, int worker = 0) =>
        Site.Path.Forward(Site.Family, worker, IsChained ? packet with { TotalBytes = ushort.MaxValue } : packet)[0];

    public Verdict Return(TestPacket packet, int worker = 0) => Site.Path.Return(Site.Family, worker, packet)[0];

    /// <summary>The error reaches the pod as expected, by the session's target, and no memory of any session has changed.</summary>
    public void AssertToPod(byte[] error, byte[] expected, int worker = 0)
    {
        byte[] before = SessionMemory();
        Verdict verdict = Forward(error, worker);
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal((SessionUse.Quoted, PodSlot, Site.Path.Shared->Pods[PodSlot].ForwardTarget), (verdict.Session, verdict.PodSlot, verdict.Target));
        Assert.Equal(expected, verdict.Bytes);
        Assert.Equal(before, SessionMemory());
    }

    /// <summary>The error reaches the client as expected, and no memory of any session has changed.</summary>
    public void AssertToClient(byte[] error, byte[] expected, int worker = 0)
    {
        byte[] before = SessionMemory();
        Verdict verdict = Return(error, worker);
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal((SessionUse.Quoted, PodSlot), (verdict.Session, verdict.PodSlot));
        Assert.Equal(expected, verdict.Bytes);
        Assert.Equal(before, SessionMemory());
    }

    /// <summary>Dropped for its reason from the client's side; nothing has changed, neither the packet nor a session.</summary>
    public void AssertDropped(Outcome reason, byte[] packet, uint vipSlot = 1)
    {
        byte[] before = SessionMemory();
        Verdict verdict = Forward(new TestPacket(packet, vipSlot));
        Assert.Equal((reason, SessionUse.None), (verdict.Outcome, verdict.Session));
        Assert.Equal(packet, verdict.Bytes);
        Assert.Equal(before, SessionMemory());
    }

    /// <summary>Passed on from the pods' side; nothing has changed, neither the packet nor a session.</summary>
    public void AssertPasses(byte[] packet)
    {
        byte[] before = SessionMemory();
        Verdict verdict = Return(packet);
        Assert.NotEqual(Outcome.Translated, verdict.Outcome);
        Assert.Equal(packet, verdict.Bytes);
        Assert.Equal(before, SessionMemory());
    }

    /// <summary>Every byte of every worker's session tables, of the source ports and of the return indices.</summary>
    public byte[] SessionMemory()
    {
        var memory = new List<byte>();
        for (int i = 0; i < Site.Path.Options.WorkerCount; i++)
        {
            Add(memory, &Site.Path.Worker(i)->Sessions4);
            Add(memory, &Site.Path.Worker(i)->Sessions6);
        }

        return [.. memory];
    }

    public void Dispose()
    {
        Site.Path.Audit();
        Site.Dispose();
    }

    private void SetMasquerade(IpFamily family)
    {
        IPAddress address = IPAddress.Parse(family == IpFamily.Ip4 ? "10.0.0.77" : "fd00:0:0:77::1");
        address.TryWriteBytes(new Span<byte>(Site.Path.Shared->Masquerades[MasqueradeIndex].Bytes, 16), out _);
        Site.Path.Shared->Pods[PodSlot].MasqueradeIndex = MasqueradeIndex;
    }

    private static void Add<TSession, TFlow>(List<byte> memory, SessionTable<TSession, TFlow>* table)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        memory.AddRange(new ReadOnlySpan<byte>(table->Entries, (int)table->EntryCount * sizeof(TSession)));
        memory.AddRange(new ReadOnlySpan<byte>(table->SourcePorts, (int)table->EntryCount * sizeof(ushort)));
        memory.AddRange(new ReadOnlySpan<byte>(table->Index->Slots, (int)(table->Index->BucketMask + 1) * ReturnIndex.BucketLength * sizeof(ulong)));
        memory.AddRange(BitConverter.GetBytes(table->LiveCount));
    }
}
