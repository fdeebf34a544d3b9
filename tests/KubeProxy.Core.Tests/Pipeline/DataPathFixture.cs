using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Sessions;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// A whole data path in native memory: workers with their tables, pod records, services, counters, and a frame whose
/// packets lie between forbidden pages. Tests drive it packet by packet or frame by frame.
/// </summary>
public sealed unsafe class DataPathFixture : IDisposable
{
    private readonly DataPathMemory _memory;
    private readonly DataPathMemory[] _workerMemory;
    private readonly ServicePlan _plan;
    private readonly Worker*[] _workers;
    private const uint AffinityBuckets = 256;
    private const uint MasqueradeCount = 8;
    private PacketArena? _arena;
    private uint _lastPodSlot;

    public DataPathFixture(DataPathOptions? options = null)
    {
        Options = options ?? new DataPathOptions();
        _memory = new DataPathMemory(Options.SharedMemory);
        _workerMemory = [.. Enumerable.Range(0, Options.WorkerCount).Select(i => new DataPathMemory(Options.WorkerMemory.ElementAtOrDefault(i)))];
        _workers = new Worker*[Options.WorkerCount];
        Shared = _memory.Allocate<DataPath>(1);
        Shared->Pods = _memory.Allocate<PodRecord>(Options.PodSlotCount);
        Shared->Masquerades = _memory.Allocate<MasqueradeAddress>(MasqueradeCount);
        Shared->WorkerCount = (uint)Options.WorkerCount;
        var random = new Random(Options.Seed);
        byte[] key = new byte[FlowHash.KeyBytes];
        random.NextBytes(key);
        Shared->SessionKey = new FlowHash(key);
        Shared->ChoiceKey = FlowHash.Choice;
        Shared->Return4 = CreateIndex<Ip4Session, Ip4Flow>();
        Shared->Return6 = CreateIndex<Ip6Session, Ip6Flow>();
        Shared->Affinity = new AffinityTable
        {
            Slots = _memory.Allocate<ulong>(AffinityBuckets * AffinityTable.BucketLength),
            BucketMask = AffinityBuckets - 1,
            Pods = Shared->Pods,
        };
        Shared->NodePorts4.Slots = (uint*)_memory.Allocate<byte>(NodePortTable.LengthBytes);
        Shared->NodePorts6.Slots = (uint*)_memory.Allocate<byte>(NodePortTable.LengthBytes);
        for (int i = 0; i < _workers.Length; i++) _workers[i] = CreateWorker((uint)i);
        _plan = new ServicePlan(Shared, Options.SharedMemory);
    }

    public DataPathOptions Options { get; }

    /// <summary>Where packets lie; made when the first one comes.</summary>
    public PacketArena Arena => _arena ??= new PacketArena();

    public DataPath* Shared { get; }

    public Worker* Worker(int index = 0) => _workers[index];

    /// <summary>A pod's record in a new slot; its target is a number that names the slot.</summary>
    public uint AddPod(uint serviceIndex, IPEndPoint pod)
    {
        uint slot = ++_lastPodSlot;
        PodRecord* record = Shared->Pods + slot;
        pod.Address.TryWriteBytes(new Span<byte>(record->Address, 16), out _);
        PodRecord.SetAddressSum(record);
        record->TargetPortWire = Be16.FromHost((ushort)pod.Port).Wire;
        record->ServiceIndex = serviceIndex;
        record->Birth = slot;
        record->ForwardTarget = 0x7_0000_0000UL | slot;
        PodRecord.SetState(record, PodState.Active);
        return slot;
    }

    /// <summary>Publishes a service whose table names these pod slots in turn; none: a service without pods.</summary>
    public void SetService(uint vipSlot, byte protocol, int port, uint serviceIndex, params uint[] podSlots) =>
        _plan.Set(vipSlot, protocol, (ushort)port, new ServicePlan.Entry(serviceIndex, podSlots));

    /// <summary>The services; what is set is seen at once.</summary>
    public ServicePlan Plan => _plan;

    /// <summary>Publishes a service whose clients keep their pod for some time.</summary>
    public void SetServiceWithAffinity(uint seconds, uint vipSlot, byte protocol, int port, uint serviceIndex, params uint[] podSlots) =>
        _plan.Set(vipSlot, protocol, (ushort)port, new ServicePlan.Entry(serviceIndex, podSlots) { AffinitySeconds = seconds });

    /// <summary>Publishes a service that remembers the tables it had before, the latest first.</summary>
    public void SetServiceAfter(uint[][] earlier, uint vipSlot, byte protocol, int port, uint serviceIndex, params uint[] podSlots) =>
        _plan.Set(vipSlot, protocol, (ushort)port, new ServicePlan.Entry(serviceIndex, podSlots) { Earlier = earlier });

    /// <summary>Forgets every session of every worker.</summary>
    public void Flush()
    {
        foreach (Worker* worker in _workers)
        {
            Flush(&worker->Sessions4);
            Flush(&worker->Sessions6);
        }
    }

    /// <summary>Takes a VIP out of the snapshot.</summary>
    public void RemoveVip(uint vipSlot) => _plan.RemoveVip(vipSlot);

    public void SetState(uint podSlot, uint state) => PodRecord.SetState(Shared->Pods + podSlot, state);

    /// <summary>Lets time pass for every worker.</summary>
    public void Pass(ulong seconds)
    {
        for (int i = 0; i < _workers.Length; i++) Pass(i, seconds);
    }

    /// <summary>Lets time pass for one worker.</summary>
    public void Pass(int worker, ulong seconds) =>
        Housekeeping.BeforeFrame(_workers[worker], _workers[worker]->Context.Clock.NowSeconds + seconds);

    /// <summary>Runs packets in the forward direction, as many batches as they fill.</summary>
    public Verdict[] Forward(IpFamily family, int worker, params TestPacket[] packets) =>
        [.. packets.Chunk(PacketBatch.Capacity).SelectMany(batch => OneBatch(worker, batch, () => RunForward(family, worker, (uint)batch.Length)))];

    /// <summary>Runs one packet through worker 0 in the forward direction.</summary>
    public Verdict Forward(IpFamily family, TestPacket packet) => Forward(family, 0, packet)[0];

    /// <summary>Runs packets in the return direction, as many batches as they fill.</summary>
    public Verdict[] Return(IpFamily family, int worker, params TestPacket[] packets) =>
        [.. packets.Chunk(PacketBatch.Capacity).SelectMany(batch => OneBatch(worker, batch, () => RunReturn(family, worker, (uint)batch.Length)))];

    /// <summary>Runs one packet through worker 0 in the return direction.</summary>
    public Verdict Return(IpFamily family, TestPacket packet) => Return(family, 0, packet)[0];

    /// <summary>Puts packets into a worker's batch.</summary>
    public void Load(int worker, TestPacket[] packets)
    {
        PacketBatch* batch = _workers[worker]->Batch;
        batch->Special = 0;
        for (int i = 0; i < packets.Length; i++)
        {
            if (packets[i].TotalBytes + packets[i].PieceBytes != 0) batch->Special |= 1UL << i;
            batch->TotalBytes[i] = (uint)Math.Max(packets[i].TotalBytes, packets[i].Bytes.Length);
            batch->PieceBytes[i] = (uint)packets[i].PieceBytes;
            batch->Packet[i] = (ulong)Arena.Put(i, packets[i].Bytes);
            batch->Available[i] = (uint)packets[i].Bytes.Length;
            batch->VipSlot[i] = packets[i].VipSlot;
            batch->PodSlot[i] = 0;
            batch->Target[i] = 0;
        }
    }

    public void RunForward(IpFamily family, int worker, uint count)
    {
        Worker* it = _workers[worker];
        if (family == IpFamily.Ip4)
        {
            ForwardPath<Ip4Family, Ip4Session, Ip4Flow>.Run(it, it->Batch, count);
            ForwardPath<Ip4Family, Ip4Session, Ip4Flow>.Show(it, it->Batch, count);
        }
        else
        {
            ForwardPath<Ip6Family, Ip6Session, Ip6Flow>.Run(it, it->Batch, count);
            ForwardPath<Ip6Family, Ip6Session, Ip6Flow>.Show(it, it->Batch, count);
        }
    }

    public void RunNodePorts(IpFamily family, int worker, uint count)
    {
        Worker* it = _workers[worker];
        if (family == IpFamily.Ip4) NodePortPath<Ip4Family, Ip4Session, Ip4Flow>.Run(it, it->Batch, count);
        else NodePortPath<Ip6Family, Ip6Session, Ip6Flow>.Run(it, it->Batch, count);
    }

    public void RunReturn(IpFamily family, int worker, uint count)
    {
        Worker* it = _workers[worker];
        if (family == IpFamily.Ip4) ReturnPath<Ip4Family, Ip4Session, Ip4Flow>.Run(it, it->Batch, count);
        else ReturnPath<Ip6Family, Ip6Session, Ip6Flow>.Run(it, it->Batch, count);
    }

    /// <summary>What became of the batch's packets.</summary>
    public Verdict[] Results(int worker, int count)
    {
        PacketBatch* batch = _workers[worker]->Batch;
        var verdicts = new Verdict[count];
        for (int i = 0; i < count; i++)
        {
            verdicts[i] = new Verdict(
                (Outcome)batch->Outcome[i], (SessionUse)batch->Session[i], batch->PodSlot[i], batch->Target[i], Arena.Take(i));
        }

        return verdicts;
    }

    private static void Flush<TSession, TFlow>(SessionTable<TSession, TFlow>* table)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        for (uint entry = 0; entry < table->EntryCount; entry++)
            if (*table->Value(entry) != 0) table->Remove(entry);
    }

    private Verdict[] OneBatch(int worker, TestPacket[] packets, Action run)
    {
        Load(worker, packets);
        run();
        return Results(worker, packets.Length);
    }

    /// <summary>Everything that must fit together in the tables of all workers does.</summary>
    public void Audit()
    {
        foreach (Worker* worker in _workers)
        {
            TableAudit.Check(worker, &worker->Sessions4, Options);
            TableAudit.Check(worker, &worker->Sessions6, Options);
        }
    }

    public void Dispose()
    {
        _arena?.Dispose();
        _plan.Dispose();
        foreach (DataPathMemory memory in _workerMemory) memory.Dispose();
        _memory.Dispose();
    }

    private ReturnIndex<TSession, TFlow> CreateIndex<TSession, TFlow>()
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => new()
        {
            Slots = _memory.Allocate<ulong>(Options.ReturnBucketCount * ReturnIndex.BucketLength),
            BucketMask = Options.ReturnBucketCount - 1,
            WorkerEntries = (TSession**)_memory.Allocate<nint>(ReturnIndex.MaxWorkers),
            WorkerSourcePorts = (ushort**)_memory.Allocate<nint>(ReturnIndex.MaxWorkers),
            Pods = Shared->Pods,
            Masquerades = Shared->Masquerades,
        };

    private Worker* CreateWorker(uint index)
    {
        DataPathMemory memory = _workerMemory[index];
        Worker* worker = memory.Allocate<Worker>(1);
        worker->Shared = Shared;
        worker->Batch = memory.Allocate<PacketBatch>(1);
        worker->Context.Pods = Shared->Pods;
        worker->Context.Masquerades = Shared->Masquerades;
        worker->Context.Key = &Shared->SessionKey;
        worker->SourcePorts = SourcePorts.PartOf(Options.FirstSourcePort, Options.SourcePortCount, index, (uint)Options.WorkerCount);
        worker->Context.WorkerIndex = index;
        worker->Context.SessionsByPod = memory.Allocate<uint>(Options.PodSlotCount);
        worker->Sessions4 = CreateTable(worker, &Shared->Return4);
        worker->Sessions6 = CreateTable(worker, &Shared->Return6);
        worker->ExistingSession = memory.Allocate<ulong>(Options.ServiceCount);
        worker->FirstSession = memory.Allocate<ulong>(Options.ServiceCount);
        worker->Untracked = memory.Allocate<ulong>(Options.ServiceCount);
        worker->FailedOver = memory.Allocate<ulong>(Options.ServiceCount);
        worker->NoPod = memory.Allocate<ulong>(Options.ServiceCount);
        worker->Pod = memory.Allocate<CounterPair>(Options.PodSlotCount);
        SetClock(worker);
        return worker;
    }

    private void SetClock(Worker* worker)
    {
        SessionClock* clock = &worker->Context.Clock;
        clock->SetTimeout(SessionKind.Udp, Options.UdpTimeoutSeconds);
        clock->SetTimeout(SessionKind.Sctp, Options.UdpTimeoutSeconds);
        clock->SetTimeout(SessionKind.Other, Options.OtherTimeoutSeconds);
        clock->SetTimeout(SessionKind.TcpOpening, Options.TcpOpeningTimeoutSeconds);
        clock->SetTimeout(SessionKind.TcpEstablished, Options.TcpTimeoutSeconds);
        clock->SetTimeout(SessionKind.TcpClosing, Options.TcpOpeningTimeoutSeconds);
        clock->Advance(Options.StartSeconds);
        worker->SweptSeconds = Options.StartSeconds;
    }

    private SessionTable<TSession, TFlow> CreateTable<TSession, TFlow>(Worker* worker, ReturnIndex<TSession, TFlow>* index)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        TSession* entries = _memory.Allocate<TSession>(Options.BucketCount * SessionTable.BucketLength);
        ushort* sourcePorts = _memory.Allocate<ushort>(Options.BucketCount * SessionTable.BucketLength);
        index->WorkerEntries[worker->Context.WorkerIndex] = entries;
        index->WorkerSourcePorts[worker->Context.WorkerIndex] = sourcePorts;
        return new SessionTable<TSession, TFlow>
        {
            Entries = entries,
            SourcePorts = sourcePorts,
            BucketMask = Options.BucketCount - 1,
            Context = &worker->Context,
            Index = index,
        };
    }
}
