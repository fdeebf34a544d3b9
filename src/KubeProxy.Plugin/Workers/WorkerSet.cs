using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Workers;

/// <summary>
/// The native memory of all VPP threads: made at start for every thread that may run nodes, and for every table that gets
/// services; changed on the main thread only, under the worker barrier where workers could look.
/// </summary>
internal sealed unsafe class WorkerSet
{
    /// <summary>Number of the scratch worker of <see cref="PacketProbe"/> in the return index: the last one.</summary>
    public const uint ProbeIndex = ReturnIndex.MaxWorkers - 1;

    private const uint MaxThreads = ProbeIndex;
    private readonly MmapAllocator _allocator;
    private readonly ReservedMemory _reserved;
    private readonly DataPath* _shared;
    private readonly List<Realm> _realms = [];
    private readonly List<Realm> _closed = [];

    /// <summary>Numbers of realms that are free, longest free first: a packet may be on its way that still carries one.</summary>
    private readonly Queue<uint> _freeNumbers = new();

    /// <summary>Allocates for the threads that VPP was configured with.</summary>
    public WorkerSet(MmapAllocator allocator, uint threadCount)
    {
        if (threadCount > MaxThreads) throw new CommandException($"{threadCount} threads: at most {MaxThreads} are supported");
        _allocator = allocator;
        _reserved = new ReservedMemory(allocator);
        ThreadCount = threadCount;
        Settings = SessionSettings.Default;
        _shared = (DataPath*)Must(allocator.TryAllocate((nuint)sizeof(DataPath)));
        States = (PluginThread*)Must(allocator.TryAllocate(threadCount * (nuint)sizeof(PluginThread)));
        _shared->Pods = (PodRecord*)Must(allocator.TryReserve(Limits.PodSlots * (nuint)sizeof(PodRecord)));
        _shared->SessionKey = Realm.RandomKey();
        _shared->ChoiceKey = FlowHash.Choice;
        _shared->WorkerCount = threadCount;
        _shared->Translation.Prefix = Prefix64.WellKnown;
        _shared->Masquerades = (MasqueradeAddress*)Must(allocator.TryReserve(Limits.MasqueradeAddresses * (nuint)sizeof(MasqueradeAddress)));
        _shared->Return4.Masquerades = _shared->Return6.Masquerades = _shared->Masquerades;
        _shared->Return4.Pods = _shared->Return6.Pods = _shared->Affinity.Pods = _shared->Pods;
        _shared->NodePorts4.Slots = (uint*)Must(allocator.TryReserve(NodePortTable.LengthBytes));
        _shared->NodePorts6.Slots = (uint*)Must(allocator.TryReserve(NodePortTable.LengthBytes));
        RealmMap.Open((byte*)Must(allocator.TryReserve(RealmMap.TableCount)), (byte*)Must(allocator.TryReserve(RealmMap.TableCount)));
        for (uint number = 1; number < RealmMap.None; number++) _freeNumbers.Enqueue(number);
        AddFirstRealm();
    }

    /// <summary>Number of threads with a state.</summary>
    public uint ThreadCount { get; }

    /// <summary>The states.</summary>
    public PluginThread* States { get; }

    /// <summary>What the threads share for table 0; of it pods, masquerade addresses and the choice key are all realms'.</summary>
    public DataPath* Shared => _shared;

    /// <summary>The realms: table 0's first, then in the order in which they came.</summary>
    public IReadOnlyList<Realm> Realms => _realms;

    /// <summary>Settings in force.</summary>
    public SessionSettings Settings { get; private set; }

    /// <summary>The realm of a table, or null.</summary>
    public Realm? FindRealm(uint table) => _realms.Find(realm => realm.Table == table);

    /// <summary>A realm for a table that has none; its workers have no counters yet.</summary>
    public Realm OpenRealm(uint table)
    {
        if (!_freeNumbers.TryPeek(out uint number))
            throw new CommandException($"no room for table {table}: the limit is {RealmMap.None - 1} tables with services besides table 0");
        Realm realm = Realm.TryCreate(_reserved, _realms[0], number, table, Settings)
            ?? throw new CommandException($"no memory for the sessions of table {table}");
        _ = _freeNumbers.Dequeue();
        _realms.Add(realm);
        return realm;
    }

    /// <summary>Lets packets find a realm by its number.</summary>
    public void Show(Realm realm)
    {
        for (uint i = 0; i < ThreadCount; i++) Volatile.Write(ref *(nint*)(States[i].Realms + realm.Number), (nint)realm.Worker(i));
        RealmMap.HighWater = Math.Max(RealmMap.HighWater, realm.Number + 1);
    }

    /// <summary>Takes a realm away with its sessions. A packet that still carries its number finds none.</summary>
    public void CloseRealm(Realm realm)
    {
        using (WorkerBarrier barrier = WorkerBarrier.Hold())
        {
            for (uint i = 0; i < ThreadCount; i++) States[i].Realms[realm.Number] = null;
            realm.RemoveSessions();
        }

        _realms.Remove(realm);
        _freeNumbers.Enqueue(realm.Number);
        _closed.Add(realm);
    }

    /// <summary>Gives back the memory of realms that were closed before: not with the workers held, which that would keep waiting.</summary>
    public void FreeClosed()
    {
        foreach (Realm realm in _closed) realm.Free(_reserved);
        _closed.Clear();
    }

    /// <summary>Makes a snapshot the one that all workers see.</summary>
    public void Publish(Snapshot* snapshot)
    {
        foreach (Realm realm in _realms) Volatile.Write(ref *(nint*)&realm.Shared->Current, (nint)snapshot);
    }

    /// <summary>Sessions of a pod slot over all threads; a thread counts those of all realms in one place, because a pod is in one.</summary>
    public ulong CountSessions(uint podSlot)
    {
        ulong count = 0;
        for (uint i = 0; i < ThreadCount; i++) count += Volatile.Read(ref SessionsByPod(i)[podSlot]);
        return count;
    }

    /// <summary>Forgets every session that is over, on all threads; the workers are held meanwhile.</summary>
    public void SweepAll(ulong nowSeconds)
    {
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        foreach (Realm realm in _realms) realm.Sweep(nowSeconds);
    }

    /// <summary>Forgets every session, and which pods clients used.</summary>
    public void Flush()
    {
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        foreach (Realm realm in _realms) realm.Flush();
    }

    /// <summary>Forgets the sessions that clients have by addresses of the VIP with pods of these services.</summary>
    public void Forget(VipKey vip, IReadOnlySet<uint> serviceIndices)
    {
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        FindRealm(vip.Table)?.Forget(vip.Prefix, serviceIndices);
    }

    /// <summary>New settings: sessions move to the new tables with their age; what finds no room is forgotten.</summary>
    public void Configure(SessionSettings settings)
    {
        List<SessionMemory> next = settings.BucketCount == Settings.BucketCount ? [] : AllocateAll(settings.BucketCount);
        List<SessionMemory> old = [];
        using (WorkerBarrier barrier = WorkerBarrier.Hold())
        {
            foreach (Realm realm in _realms) realm.Apply(settings);
            if (next.Count > 0) ClearCounts();
            for (int i = 0; i < next.Count; i++)
            {
                old.Add(_realms[i].Memory!);
                _realms[i].Move(next[i]);
            }
        }

        foreach (SessionMemory memory in old) memory.Free();
        Settings = settings;
    }

    private List<SessionMemory> AllocateAll(uint bucketCount)
    {
        List<SessionMemory> all = [];
        foreach (Realm realm in _realms)
        {
            SessionMemory? memory = SessionMemory.TryCreate(realm.Number == 0 ? _allocator : _reserved, ThreadCount, bucketCount);
            if (memory != null)
            {
                all.Add(memory);
                continue;
            }

            foreach (SessionMemory got in all) got.Free();
            throw new CommandException($"no memory for {bucketCount} buckets on {ThreadCount} threads{VipKey.TableWords(realm.Table)}");
        }

        return all;
    }

    private void ClearCounts()
    {
        for (uint i = 0; i < ThreadCount; i++) new Span<byte>(SessionsByPod(i), (int)(Limits.PodSlots * sizeof(uint))).Clear();
    }

    private uint* SessionsByPod(uint thread) => States[thread].Worker.Context.SessionsByPod;

    private void AddFirstRealm()
    {
        Worker*[] workers = new Worker*[ThreadCount];
        for (uint i = 0; i < ThreadCount; i++) workers[i] = &States[i].Worker;
        var realm = new Realm(_shared, workers);
        realm.SetAffinity(Must(_allocator.TryReserve(Realm.AffinityBytes)));
        for (uint i = 0; i < ThreadCount; i++)
        {
            PluginThread* state = States + i;
            state->Frame = (WorkerFrame*)Must(_allocator.TryAllocate((nuint)sizeof(WorkerFrame)));
            state->Second = (WorkerFrame*)Must(_allocator.TryAllocate((nuint)sizeof(WorkerFrame)));
            state->RouterLimit = state->EchoLimit = state->RejectLimit = RejectLimit.Create(RejectLimit.DefaultPerSecond, RejectLimit.DefaultBurst);
            state->Realms = (Worker**)Must(_allocator.TryAllocate(RealmMap.None * (nuint)sizeof(void*)));
            realm.Initialise(i, &state->Frame->Batch, (uint*)Must(_allocator.TryReserve(Limits.PodSlots * sizeof(uint))), Settings);
        }

        realm.Attach(SessionMemory.TryCreate(_allocator, ThreadCount, Settings.BucketCount) ?? throw new CommandException("no memory for the session tables"));
        _realms.Add(realm);
        Show(realm);
    }

    private static void* Must(void* block) => block != null ? block : throw new CommandException("no memory for the threads' state");
}
