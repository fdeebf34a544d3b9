using System.Net;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Routes;

namespace KubeProxy.Plugin.Workers;

/// <summary>
/// The native memory of all VPP threads: made at start for every thread that may run nodes, changed on the main thread
/// only, under the worker barrier where workers could look.
/// </summary>
internal sealed unsafe class WorkerSet
{
    /// <summary>Number of the scratch worker of <see cref="PacketProbe"/> in the return index: the last one.</summary>
    public const uint ProbeIndex = ReturnIndex.MaxWorkers - 1;

    /// <summary>Room for half a million clients of services with affinity; pages are committed as clients come.</summary>
    private const uint AffinityBuckets = 1 << 16;

    private const uint MaxThreads = ProbeIndex;
    private readonly MmapAllocator _allocator;
    private readonly DataPath* _shared;
    private SessionMemory _memory;

    /// <summary>Allocates for the threads that VPP was configured with.</summary>
    public WorkerSet(MmapAllocator allocator, uint threadCount)
    {
        if (threadCount > MaxThreads) throw new CommandException($"{threadCount} threads: at most {MaxThreads} are supported");
        _allocator = allocator;
        ThreadCount = threadCount;
        Settings = SessionSettings.Default;
        _shared = (DataPath*)Must(allocator.TryAllocate((nuint)sizeof(DataPath)));
        States = (PluginThread*)Must(allocator.TryAllocate(threadCount * (nuint)sizeof(PluginThread)));
        _shared->Pods = (PodRecord*)Must(allocator.TryReserve(Limits.PodSlots * (nuint)sizeof(PodRecord)));
        _shared->SessionKey = RandomKey();
        _shared->ChoiceKey = FlowHash.Choice;
        _shared->WorkerCount = threadCount;
        _shared->Translation.Prefix = Prefix64.WellKnown;
        _shared->Masquerades = (MasqueradeAddress*)Must(allocator.TryReserve(Limits.MasqueradeAddresses * (nuint)sizeof(MasqueradeAddress)));
        _shared->Return4.Masquerades = _shared->Return6.Masquerades = _shared->Masquerades;
        _shared->Return4.Pods = _shared->Return6.Pods = _shared->Affinity.Pods = _shared->Pods;
        _shared->Affinity.Slots = (ulong*)Must(allocator.TryReserve(AffinityBuckets * AffinityTable.BucketLength * sizeof(ulong)));
        _shared->Affinity.BucketMask = AffinityBuckets - 1;
        _shared->NodePorts4.Slots = (uint*)Must(allocator.TryReserve(NodePortTable.LengthBytes));
        _shared->NodePorts6.Slots = (uint*)Must(allocator.TryReserve(NodePortTable.LengthBytes));
        _memory = SessionMemory.TryCreate(allocator, threadCount, Settings.BucketCount)
            ?? throw new CommandException("no memory for the session tables");
        for (uint i = 0; i < threadCount; i++) InitialiseThread(i);
    }

    /// <summary>Number of threads with a state.</summary>
    public uint ThreadCount { get; }

    /// <summary>The states.</summary>
    public PluginThread* States { get; }

    /// <summary>What all threads share.</summary>
    public DataPath* Shared => _shared;

    /// <summary>Settings in force.</summary>
    public SessionSettings Settings { get; private set; }

    /// <summary>Bytes of the session tables and return indices.</summary>
    public ulong SessionMemoryBytes => _memory.LengthBytes;

    /// <summary>A thread's worker.</summary>
    public Worker* Worker(uint thread) => &States[thread].Worker;

    /// <summary>Sessions of a pod slot over all threads.</summary>
    public ulong CountSessions(uint podSlot)
    {
        ulong count = 0;
        for (uint i = 0; i < ThreadCount; i++) count += Volatile.Read(ref Worker(i)->Context.SessionsByPod[podSlot]);
        return count;
    }

    /// <summary>Forgets every session that is over, on all threads; the workers are held meanwhile.</summary>
    public void SweepAll(ulong nowSeconds)
    {
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        for (uint i = 0; i < ThreadCount; i++)
        {
            Housekeeping.AdvanceClock(Worker(i), nowSeconds);
            Housekeeping.SweepAll(Worker(i));
        }
    }

    /// <summary>Forgets every session, and which pods clients used.</summary>
    public void Flush()
    {
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        _shared->Affinity.Clear();
        for (uint i = 0; i < ThreadCount; i++)
        {
            TableWalk<Ip4Session, Ip4Flow>.RemoveAll(&Worker(i)->Sessions4);
            TableWalk<Ip6Session, Ip6Flow>.RemoveAll(&Worker(i)->Sessions6);
        }
    }

    /// <summary>Forgets the sessions that clients have by addresses in the prefix with pods of these services.</summary>
    public void Forget(IPNetwork prefix, IReadOnlySet<uint> serviceIndices)
    {
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        for (uint i = 0; i < ThreadCount; i++)
        {
            if (FibPrefix.IsIp6(prefix.BaseAddress)) TableWalk<Ip6Session, Ip6Flow>.Remove(&Worker(i)->Sessions6, prefix, serviceIndices);
            else TableWalk<Ip4Session, Ip4Flow>.Remove(&Worker(i)->Sessions4, prefix, serviceIndices);
        }
    }

    /// <summary>New settings: sessions move to the new tables with their age; what finds no room is forgotten.</summary>
    public void Configure(SessionSettings settings)
    {
        SessionMemory? next = settings.BucketCount == _memory.BucketCount
            ? _memory
            : SessionMemory.TryCreate(_allocator, ThreadCount, settings.BucketCount);
        if (next == null) throw new CommandException($"no memory for {settings.BucketCount} buckets on {ThreadCount} threads");

        using (WorkerBarrier barrier = WorkerBarrier.Hold())
        {
            for (uint i = 0; i < ThreadCount; i++)
            {
                Restamp(Worker(i), settings);
                Worker(i)->SourcePorts = PartOf(settings.MasqueradePorts, i);
            }

            if (next != _memory) Move(next);
        }

        if (next != _memory) _memory.Free();
        _memory = next;
        Settings = settings;
    }

    private void Move(SessionMemory next)
    {
        Worker[] old = new Worker[ThreadCount];
        for (uint i = 0; i < ThreadCount; i++)
        {
            old[i] = *Worker(i);
            next.Attach(_shared, Worker(i), i);
            new Span<byte>(Worker(i)->Context.SessionsByPod, (int)(Limits.PodSlots * sizeof(uint))).Clear();
        }

        for (uint i = 0; i < ThreadCount; i++)
        {
            TableWalk<Ip4Session, Ip4Flow>.Move(&Worker(i)->Sessions4, ref old[i].Sessions4);
            TableWalk<Ip6Session, Ip6Flow>.Move(&Worker(i)->Sessions6, ref old[i].Sessions6);
        }
    }

    private SourcePorts PartOf(PortRange ports, uint thread) => SourcePorts.PartOf(ports.First, ports.Count, thread, ThreadCount);

    private static void Restamp(Worker* worker, SessionSettings settings)
    {
        SessionClock before = worker->Context.Clock;
        Timeouts.Apply(ref worker->Context.Clock, settings.Timeouts);
        TableWalk<Ip4Session, Ip4Flow>.Restamp(&worker->Sessions4, before);
        TableWalk<Ip6Session, Ip6Flow>.Restamp(&worker->Sessions6, before);
    }

    private void InitialiseThread(uint index)
    {
        PluginThread* state = States + index;
        state->Frame = (WorkerFrame*)Must(_allocator.TryAllocate((nuint)sizeof(WorkerFrame)));
        state->Second = (WorkerFrame*)Must(_allocator.TryAllocate((nuint)sizeof(WorkerFrame)));
        state->EchoLimit = state->RejectLimit = RejectLimit.Create(RejectLimit.DefaultPerSecond, RejectLimit.DefaultBurst);
        Worker* worker = &state->Worker;
        worker->Shared = _shared;
        worker->Batch = &state->Frame->Batch;
        worker->Context.Pods = _shared->Pods;
        worker->Context.Masquerades = _shared->Masquerades;
        worker->Context.Key = &_shared->SessionKey;
        worker->Context.WorkerIndex = index;
        worker->Context.SessionsByPod = (uint*)Must(_allocator.TryReserve(Limits.PodSlots * sizeof(uint)));
        worker->Sessions4.Context = worker->Sessions6.Context = &worker->Context;
        worker->Sessions4.Index = &_shared->Return4;
        worker->Sessions6.Index = &_shared->Return6;
        Timeouts.Apply(ref worker->Context.Clock, Settings.Timeouts);
        worker->SourcePorts = PartOf(Settings.MasqueradePorts, index);
        _memory.Attach(_shared, worker, index);
    }

    private static FlowHash RandomKey()
    {
        ulong* key = stackalloc ulong[4];
        if (Libc.getrandom(key, 32, 0) != 32) throw new CommandException("the kernel gave no random key for the session hash");
        return new FlowHash(key[0], key[1], key[2], key[3]);
    }

    private static void* Must(void* block) => block != null ? block : throw new CommandException("no memory for the threads' state");
}
