using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>One TCP connection of a client with the usual service: its segments one by one, and its session's state.</summary>
public sealed unsafe class Connection : IDisposable
{
    private readonly Topology _site;
    private readonly PacketSpec _request;

    public Connection(IpFamily family, int workerCount = 1, int clientPort = 40_000)
    {
        _site = new Topology(family, new DataPathOptions { WorkerCount = workerCount });
        _request = _site.Request(IpProtocol.Tcp, clientPort);
    }

    public DataPathFixture Path => _site.Path;

    public Topology Site => _site;

    /// <summary>The pod that got the first packet.</summary>
    public uint FirstPod { get; private set; }

    /// <summary>The pod that got the latest packet.</summary>
    public uint LastPod { get; private set; }

    /// <summary>Kind of the session on worker 0.</summary>
    public uint Kind => _site.Family == IpFamily.Ip4 ? KindIn(&Path.Worker()->Sessions4) : KindIn(&Path.Worker()->Sessions6);

    /// <summary>A connection after its handshake.</summary>
    public static Connection Open(IpFamily family)
    {
        var connection = new Connection(family);
        _ = connection.Client(PacketSpec.Syn);
        Assert.True(connection.Pod(PacketSpec.Syn | PacketSpec.Ack));
        _ = connection.Client(PacketSpec.Ack, payloadBytes: 0);
        Assert.Equal(SessionKind.TcpEstablished, connection.Kind);
        return connection;
    }

    public PacketSpec Request(byte flags, int payloadBytes = 0) => _request with { TcpFlags = flags, PayloadBytes = payloadBytes };

    /// <summary>The client sends a segment; says how its pod was found, and which one.</summary>
    public (SessionUse Use, uint PodSlot) Client(byte flags, int payloadBytes = -1, int worker = 0)
    {
        bool carriesData = (flags & (PacketSpec.Syn | PacketSpec.Fin | PacketSpec.Rst)) == 0;
        PacketSpec packet = Request(flags, payloadBytes >= 0 ? payloadBytes : carriesData ? 13 : 0);
        Verdict verdict = Path.Forward(_site.Family, worker, packet)[0];
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(Translation.ToPod(packet.Build(), _site.PodOf(verdict.PodSlot, 80)), verdict.Bytes);
        if (FirstPod == 0) FirstPod = verdict.PodSlot;
        LastPod = verdict.PodSlot;
        return (verdict.Session, verdict.PodSlot);
    }

    /// <summary>The pod that got the latest packet answers; says whether the client gets it from the VIP.</summary>
    public bool Pod(byte flags, int payloadBytes = -1, int worker = 0)
    {
        PacketSpec packet = _site.Answer(_request, LastPod) with { TcpFlags = flags };
        if (payloadBytes >= 0) packet = packet with { PayloadBytes = payloadBytes };
        Verdict verdict = Path.Return(_site.Family, worker, packet)[0];
        bool isTranslated = verdict.Outcome == Outcome.Translated;
        Assert.Equal(isTranslated ? Translation.FromVip(packet.Build(), _request.To) : packet.Build(), verdict.Bytes);
        return isTranslated;
    }

    public void Pass(ulong seconds) => Path.Pass(seconds);

    public void RemovePod(uint podSlot)
    {
        Path.SetState(podSlot, PodState.Removed);
        Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService, [.. _site.TcpPods.Where(other => other != podSlot)]);
    }

    public void Dispose()
    {
        Path.Audit();
        _site.Dispose();
    }

    private static uint KindIn<TSession, TFlow>(SessionTable<TSession, TFlow>* table)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        for (uint entry = 0; entry < table->EntryCount; entry++)
            if (*table->Value(entry) != 0) return SessionValue.Kind(*table->Value(entry));
        throw new InvalidOperationException("no session");
    }
}
