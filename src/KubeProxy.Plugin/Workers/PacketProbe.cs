using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Nodes;

namespace KubeProxy.Plugin.Workers;

/// <summary>
/// The scratch worker of <c>show kube-proxy why</c>. Its memory is reserved with the first question and kept: another
/// thread may still hold a pointer into its tables. Main thread only.
/// </summary>
internal sealed unsafe class PacketProbe
{
    private const uint BucketCount = 1;
    private readonly MmapAllocator _allocator;
    private readonly WorkerSet _workers;
    private Worker* _scratch;

    /// <summary>What the workers share, seen through an affinity table that only looks.</summary>
    private DataPath* _shared;

    public PacketProbe(MmapAllocator allocator, WorkerSet workers)
    {
        _allocator = allocator;
        _workers = workers;
    }

    /// <summary>Asks about a packet; the workers stand meanwhile.</summary>
    public ProbeView Run(ProbeRequest request, ulong nowSeconds)
    {
        if (_scratch == null) _scratch = CreateScratch();
        if (request.IsTranslated) return RunTranslated(InTables(request), request.Client, nowSeconds);
        return request.Client.AddressFamily == AddressFamily.InterNetwork
            ? Run<Ip4Family, Ip4Session, Ip4Flow>(request, nowSeconds)
            : Run<Ip6Family, Ip6Session, Ip6Flow>(request, nowSeconds);
    }

    /// <summary>A pod over IPv6 sees a client over IPv4 by another address, masqueraded or not.</summary>
    private ProbeView RunTranslated(ProbeRequest request, IPEndPoint client, ulong nowSeconds)
    {
        ProbeView view = Run<Ip6Family, Ip6Session, Ip6Flow>(request, nowSeconds);
        bool isSeenElsewhere = view is { DropReason: null, Source: null } && !client.Equals(request.Client);
        return isSeenElsewhere ? view with { Source = request.Client } : view;
    }

    /// <summary>The packet as it is when its header is IPv6's: the tables know no other of a VIP whose pods are of another family.</summary>
    private ProbeRequest InTables(ProbeRequest request)
    {
        if (request.Client.AddressFamily != AddressFamily.InterNetwork) return request;
        byte* seen = stackalloc byte[16];
        uint client;
        _ = request.Client.Address.TryWriteBytes(new Span<byte>(&client, sizeof(uint)), out _);
        Prefix64.Embed(&_workers.Shared->Translation.Prefix, client, seen);
        return request with
        {
            Client = new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(seen, 16)), request.Client.Port),
            Destination = new IPEndPoint(request.Destination.Address.MapToIPv6(), request.Destination.Port),
        };
    }

    private ProbeView Run<TFamily, TSession, TFlow>(ProbeRequest request, ulong nowSeconds)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        byte* packet = stackalloc byte[ProbePacket.MaxBytes];
        uint length = ProbePacket.Write(request, packet, isFirst: false);
        Realm realm = _workers.FindRealm(request.Table) ?? throw new CommandException($"table {request.Table} has no sessions");
        Worker** workers = stackalloc Worker*[(int)_workers.ThreadCount];
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        for (uint i = 0; i < _workers.ThreadCount; i++)
        {
            workers[i] = realm.Worker(i);
            Housekeeping.AdvanceClock(workers[i], nowSeconds);
        }

        TSession session;
        int owner = ForwardProbe<TFamily, TSession, TFlow>.FindOwner(
            workers, _workers.ThreadCount, packet, length, &session, out ushort sourcePortWire);
        if (owner < 0) length = ProbePacket.Write(request, packet, isFirst: true);
        Attach(realm, owner < 0 ? workers[0] : workers[owner]);
        SessionView? view = owner < 0 ? null : ViewOf<TSession, TFlow>(request, workers[owner], &session);
        ForwardProbe<TFamily, TSession, TFlow>.Run(_scratch, packet, length, request.VipSlot, owner < 0 ? null : &session, sourcePortWire);
        return Explain(request, packet, view) with { AffinityPodSlot = AffinityPod<TFlow>(request) };
    }

    private uint AffinityPod<TFlow>(ProbeRequest request)
        where TFlow : unmanaged, IFlow<TFlow>
    {
        if (request.AffinitySeconds == 0) return 0;
        TFlow client = TFlow.ClientOf(PacketBatch.FlowsOf<TFlow>(_scratch->Batch), request.ServiceIndex);
        ulong key = TFlow.Hash(&client, &_shared->SessionKey);
        return _shared->Affinity.Find(key, request.ServiceIndex, _scratch->Context.Clock.NowSeconds, request.AffinitySeconds);
    }

    private SessionView ViewOf<TSession, TFlow>(ProbeRequest request, Worker* owner, TSession* session)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        uint value = *TSession.Value(session);
        uint idle = owner->Context.Clock.AgeSeconds(value);
        return new SessionView(owner->Context.WorkerIndex, request.Protocol, request.Client, request.Destination, SessionValue.PodSlot(value), idle, Table: request.Table);
    }

    private ProbeView Explain(ProbeRequest request, byte* packet, SessionView? session)
    {
        PacketBatch* batch = _scratch->Batch;
        bool isTranslated = batch->Outcome[0] == (byte)Outcome.Translated;
        string? reason = isTranslated ? null : DropCounters.All[batch->Outcome[0]].Text;
        bool isRemembered = batch->Session[0] is (byte)Core.Pipeline.SessionUse.First or (byte)Core.Pipeline.SessionUse.Existing;
        uint choice = ProbePacket.IsIp4(packet) ? ChoiceHash<Ip4Flow>(batch) : ChoiceHash<Ip6Flow>(batch);
        IPEndPoint source = ProbePacket.SourceOf(packet);
        return new ProbeView(reason, isTranslated ? batch->PodSlot[0] : 0, ProbePacket.DestinationOf(packet), session, isRemembered, choice)
        {
            Source = isTranslated && !source.Equals(request.Client) ? source : null,
        };
    }

    private uint ChoiceHash<TFlow>(PacketBatch* batch)
        where TFlow : unmanaged, IFlow<TFlow> => (uint)TFlow.Hash(PacketBatch.FlowsOf<TFlow>(batch), &_workers.Shared->ChoiceKey);

    /// <summary>Lets the scratch worker see what a worker of a realm sees now.</summary>
    private void Attach(Realm realm, Worker* model)
    {
        DataPath* shared = realm.Shared;
        shared->Return4.WorkerEntries[WorkerSet.ProbeIndex] = _scratch->Sessions4.Entries;
        shared->Return6.WorkerEntries[WorkerSet.ProbeIndex] = _scratch->Sessions6.Entries;
        shared->Return4.WorkerSourcePorts[WorkerSet.ProbeIndex] = _scratch->Sessions4.SourcePorts;
        shared->Return6.WorkerSourcePorts[WorkerSet.ProbeIndex] = _scratch->Sessions6.SourcePorts;
        *_shared = *shared;
        _shared->Affinity.IsFrozen = true;
        _scratch->Sessions4.Index = &shared->Return4;
        _scratch->Sessions6.Index = &shared->Return6;
        _scratch->Context.Key = &shared->SessionKey;
        _scratch->Context.Clock = model->Context.Clock;
        _scratch->SourcePorts = model->SourcePorts;
        _scratch->Batch->PodSlot[0] = 0;
    }

    private Worker* CreateScratch()
    {
        Worker* scratch = (Worker*)Must(_allocator.TryAllocate((nuint)sizeof(Worker)));
        nuint entries = BucketCount * SessionTable.BucketLength;
        _shared = (DataPath*)Must(_allocator.TryAllocate((nuint)sizeof(DataPath)));
        scratch->Shared = _shared;
        scratch->Batch = (PacketBatch*)Must(_allocator.TryAllocate((nuint)sizeof(PacketBatch)));
        scratch->Sessions4.Entries = (Ip4Session*)Must(_allocator.TryAllocate(entries * (nuint)sizeof(Ip4Session)));
        scratch->Sessions6.Entries = (Ip6Session*)Must(_allocator.TryAllocate(entries * (nuint)sizeof(Ip6Session)));
        scratch->Sessions4.SourcePorts = (ushort*)Must(_allocator.TryAllocate(entries * sizeof(ushort)));
        scratch->Sessions6.SourcePorts = (ushort*)Must(_allocator.TryAllocate(entries * sizeof(ushort)));
        scratch->Sessions4.BucketMask = scratch->Sessions6.BucketMask = BucketCount - 1;
        scratch->Sessions4.Context = scratch->Sessions6.Context = &scratch->Context;
        scratch->Context.Pods = _workers.Shared->Pods;
        scratch->Context.Masquerades = _workers.Shared->Masquerades;
        scratch->Context.WorkerIndex = WorkerSet.ProbeIndex;
        scratch->Context.SessionsByPod = (uint*)Must(_allocator.TryReserve(Limits.PodSlots * sizeof(uint)));
        scratch->Pod = (CounterPair*)Must(_allocator.TryReserve(Limits.PodSlots * (nuint)sizeof(CounterPair)));

        // Nobody reads what it counts, so one array serves for all counters of services.
        scratch->ExistingSession = (ulong*)Must(_allocator.TryReserve(Limits.Services * sizeof(ulong)));
        scratch->FirstSession = scratch->Untracked = scratch->NoPod = scratch->FailedOver = scratch->ExistingSession;
        return scratch;
    }

    private static void* Must(void* block) => block != null ? block : throw new CommandException("no memory to look at a packet");
}
