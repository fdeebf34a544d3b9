using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Routes;

namespace KubeProxy.Plugin.Workers;

/// <summary>
/// What one of the router's tables has for itself: on every thread a <see cref="Core.Pipeline.Worker"/> with session tables, and
/// a <see cref="DataPath"/> with the key of their hash, the return indices and the clients' affinity. Flows of two tables
/// may agree in all of their five-tuple, and a session has no room for a table, so they never meet in one place. Pods,
/// masquerade addresses, counters and the snapshot are everybody's: their numbers are given once. Realm 0 is table 0's.
/// </summary>
internal sealed unsafe class Realm
{
    /// <summary>Room for half a million clients of services with affinity; pages are committed as clients come.</summary>
    private const uint AffinityBuckets = 1 << 16;

    private readonly Worker*[] _workers;
    private NativeBlock _sharedBlock;
    private NativeBlock _workerBlock;
    private NativeBlock _affinityBlock;

    /// <summary>Realm 0, of memory that is never given back.</summary>
    public Realm(DataPath* shared, Worker*[] workers)
    {
        Shared = shared;
        _workers = workers;
    }

    private Realm(uint number, uint table, uint threadCount)
    {
        (Number, Table) = (number, table);
        _workers = new Worker*[threadCount];
    }

    /// <summary>Its number, which packets carry.</summary>
    public uint Number { get; }

    /// <summary>The user's number of the table.</summary>
    public uint Table { get; }

    /// <summary>What its workers share.</summary>
    public DataPath* Shared { get; private set; }

    /// <summary>The memory of its sessions; null before it has any.</summary>
    public SessionMemory? Memory { get; private set; }

    /// <summary>Its worker on a thread.</summary>
    public Worker* Worker(uint thread) => _workers[thread];

    /// <summary>A realm with what all realms share taken from another one, or null, and nothing is held.</summary>
    public static Realm? TryCreate(NativeAllocator allocator, Realm model, uint number, uint table, SessionSettings settings)
    {
        FlowHash key = RandomKey();
        uint threadCount = (uint)model._workers.Length;
        var realm = new Realm(number, table, threadCount);
        SessionMemory? memory = SessionMemory.TryCreate(allocator, threadCount, settings.BucketCount);
        if (memory == null || !realm.TryAllocate(allocator, threadCount))
        {
            memory?.Free();
            realm.FreeBlocks(allocator);
            return null;
        }

        *realm.Shared = *model.Shared;
        realm.Shared->SessionKey = key;
        realm.SetAffinity(realm._affinityBlock.Start);
        for (uint i = 0; i < threadCount; i++)
        {
            realm._workers[i] = (Worker*)((byte*)realm._workerBlock.Start + (i * PluginThread.SizeBytes));
            realm.Initialise(i, model._workers[i]->Batch, model._workers[i]->Context.SessionsByPod, settings);
        }

        realm.Attach(memory);
        return realm;
    }

    /// <summary>Bytes of the affinity table.</summary>
    public static nuint AffinityBytes => AffinityBuckets * AffinityTable.BucketLength * sizeof(ulong);

    /// <summary>Makes zeroed memory the affinity table.</summary>
    public void SetAffinity(void* slots)
    {
        Shared->Affinity.Slots = (ulong*)slots;
        Shared->Affinity.BucketMask = AffinityBuckets - 1;
    }

    /// <summary>A key that nobody outside knows, so that nobody can make flows meet in one bucket.</summary>
    public static FlowHash RandomKey()
    {
        byte* key = stackalloc byte[FlowHash.KeyBytes];
        if (Libc.getrandom(key, FlowHash.KeyBytes, 0) != FlowHash.KeyBytes) throw new CommandException("the kernel gave no random key for the session hash");
        return new FlowHash(new ReadOnlySpan<byte>(key, FlowHash.KeyBytes));
    }

    /// <summary>Makes a thread's zeroed worker one of this realm; its session tables come with <see cref="Attach"/>.</summary>
    public void Initialise(uint thread, PacketBatch* batch, uint* sessionsByPod, SessionSettings settings)
    {
        Worker* worker = _workers[thread];
        worker->Shared = Shared;
        worker->Batch = batch;
        worker->Context.Pods = Shared->Pods;
        worker->Context.Masquerades = Shared->Masquerades;
        worker->Context.Key = &Shared->SessionKey;
        worker->Context.WorkerIndex = thread;
        worker->Context.SessionsByPod = sessionsByPod;
        worker->Sessions4.Context = worker->Sessions6.Context = &worker->Context;
        worker->Sessions4.Index = &Shared->Return4;
        worker->Sessions6.Index = &Shared->Return6;
        Timeouts.Apply(ref worker->Context.Clock, settings.Timeouts);
        SetSourcePorts(thread, settings.MasqueradePorts);
    }

    /// <summary>Makes empty memory its sessions'.</summary>
    public void Attach(SessionMemory memory)
    {
        Memory = memory;
        for (uint i = 0; i < _workers.Length; i++) memory.Attach(Shared, _workers[i], i);
    }

    /// <summary>
    /// Moves the sessions to empty memory; what finds no room is forgotten. The counts of sessions by pod begin anew: they are
    /// zero before the first realm moves.
    /// </summary>
    public void Move(SessionMemory next)
    {
        Worker[] old = new Worker[_workers.Length];
        for (uint i = 0; i < old.Length; i++) old[i] = *_workers[i];
        Attach(next);
        for (uint i = 0; i < old.Length; i++)
        {
            TableWalk<Ip4Session, Ip4Flow>.Move(&_workers[i]->Sessions4, ref old[i].Sessions4);
            TableWalk<Ip6Session, Ip6Flow>.Move(&_workers[i]->Sessions6, ref old[i].Sessions6);
        }
    }

    /// <summary>Gives sessions the ages that they had under other timeouts, and workers their source ports.</summary>
    public void Apply(SessionSettings settings)
    {
        for (uint i = 0; i < _workers.Length; i++)
        {
            SessionClock before = _workers[i]->Context.Clock;
            Timeouts.Apply(ref _workers[i]->Context.Clock, settings.Timeouts);
            TableWalk<Ip4Session, Ip4Flow>.Restamp(&_workers[i]->Sessions4, before);
            TableWalk<Ip6Session, Ip6Flow>.Restamp(&_workers[i]->Sessions6, before);
            SetSourcePorts(i, settings.MasqueradePorts);
        }
    }

    /// <summary>Forgets every session that is over.</summary>
    public void Sweep(ulong nowSeconds)
    {
        foreach (Worker* worker in _workers)
        {
            Housekeeping.AdvanceClock(worker, nowSeconds);
            Housekeeping.SweepAll(worker);
        }
    }

    /// <summary>Forgets every session, and which pods clients used.</summary>
    public void Flush()
    {
        Shared->Affinity.Clear();
        RemoveSessions();
    }

    /// <summary>Forgets every session.</summary>
    public void RemoveSessions()
    {
        foreach (Worker* worker in _workers)
        {
            TableWalk<Ip4Session, Ip4Flow>.RemoveAll(&worker->Sessions4);
            TableWalk<Ip6Session, Ip6Flow>.RemoveAll(&worker->Sessions6);
        }
    }

    /// <summary>Forgets the sessions that clients have by addresses in the prefix with pods of these services.</summary>
    public void Forget(IPNetwork prefix, IReadOnlySet<uint> serviceIndices)
    {
        foreach (Worker* worker in _workers)
        {
            if (FibPrefix.IsIp6(prefix.BaseAddress)) TableWalk<Ip6Session, Ip6Flow>.Remove(&worker->Sessions6, prefix, serviceIndices);
            else TableWalk<Ip4Session, Ip4Flow>.Remove(&worker->Sessions4, prefix, serviceIndices);
        }
    }

    /// <summary>Gives all memory back; not for realm 0.</summary>
    public void Free(NativeAllocator allocator)
    {
        Memory!.Free();
        FreeBlocks(allocator);
    }

    private void SetSourcePorts(uint thread, PortRange ports) =>
        _workers[thread]->SourcePorts = SourcePorts.PartOf(ports.First, ports.Count, thread, (uint)_workers.Length);

    private bool TryAllocate(NativeAllocator allocator, uint threadCount)
    {
        _sharedBlock = NativeBlock.TryAllocate(allocator, (nuint)sizeof(DataPath));
        _workerBlock = NativeBlock.TryAllocate(allocator, threadCount * (nuint)PluginThread.SizeBytes);
        _affinityBlock = NativeBlock.TryAllocate(allocator, AffinityBytes);
        Shared = (DataPath*)_sharedBlock.Start;
        return !_sharedBlock.IsNull && !_workerBlock.IsNull && !_affinityBlock.IsNull;
    }

    private void FreeBlocks(NativeAllocator allocator)
    {
        _sharedBlock.Free(allocator);
        _workerBlock.Free(allocator);
        _affinityBlock.Free(allocator);
    }
}
