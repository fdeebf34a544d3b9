using System.Numerics;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using SessionUse = KubeProxy.Core.Pipeline.SessionUse;

namespace KubeProxy.Bench.Data;

/// <summary>
/// One worker's data path with one UDP service of four pods on VIP slot 0, and tables with room for so many flows; or a second worker of another's data path.
/// </summary>
internal sealed unsafe class DataPathOf<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private const uint PodCount = 4;
    public const uint PodSlotCount = 16;
    private const uint ServiceTableLength = 1024;
    private const uint TimeoutSeconds = 3600;

    /// <summary>Packets of a frame whose flow may have found no room in the tables.</summary>
    private const int MostUntracked = 8;

    public DataPathOf(int flowCount, DataPathOf<TFamily, TSession, TFlow>? first = null)
    {
        uint buckets = Math.Max(1024, BitOperations.RoundUpToPowerOf2((uint)(flowCount + 1) / 2));
        Shared = first is null ? CreateShared() : first.Shared;
        Worker = CreateWorker(buckets, first);
        Sessions = TFamily.Sessions(Worker);
        Frame = new PacketFrame(Memory, Worker->Batch);
    }

    private DataPath* CreateShared()
    {
        Shared = Memory.Allocate<DataPath>(1);
        Shared->Pods = Memory.Allocate<PodRecord>(PodSlotCount);
        Shared->SessionKey = new FlowHash([.. Enumerable.Range(1, FlowHash.KeyBytes).Select(n => (byte)(n * 37))]);
        Shared->ChoiceKey = FlowHash.Choice;
        for (uint slot = 1; slot <= PodCount; slot++)
            WritePod(slot);
        Shared->Current = CreateSnapshot();
        return Shared;
    }

    public static bool IsIp4 => typeof(TFamily) == typeof(Ip4Family);

    public NativeMemoryPool Memory { get; } = new();

    public DataPath* Shared { get; private set; }

    public Worker* Worker { get; }

    public SessionTable<TSession, TFlow>* Sessions { get; }

    public PacketFrame Frame { get; }

    public PacketTemplates CreateTemplates(int count, int firstFlow = 0) => new(Memory, IsIp4, count, firstFlow);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Forward() => ForwardPath<TFamily, TSession, TFlow>.Run(Worker, Worker->Batch, PacketBatch.Capacity);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Return() => ReturnPath<TFamily, TSession, TFlow>.Run(Worker, Worker->Batch, PacketBatch.Capacity);

    /// <summary>Opens every flow's session and answers the packets that the pods send back.</summary>
    public PacketTemplates Learn(PacketTemplates flows)
    {
        PacketTemplates answers = CreateTemplates(flows.Count);
        for (int first = 0; first < flows.Count; first += PacketBatch.Capacity)
        {
            _ = Frame.Fill(flows, first);
            Forward();
            for (int i = 0; i < PacketBatch.Capacity && first + i < flows.Count; i++)
                answers.StoreAnswer(first + i, Frame.Packet(i));
        }

        return answers;
    }

    /// <summary>The frame's five-tuples, as the pipeline parses them.</summary>
    public TFlow* ParseFrame()
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(Worker->Batch);
        for (int i = 0; i < PacketBatch.Capacity; i++)
            _ = TFamily.TryParse((byte*)Worker->Batch->Packet[i], Worker->Batch->Available[i], flows + i);
        return flows;
    }

    /// <summary>Throws unless (nearly) every packet of the frame had this use: what is measured must be what the benchmark's name says.</summary>
    public void Expect(SessionUse use)
    {
        int count = 0;
        for (int i = 0; i < PacketBatch.Capacity; i++)
            count += Worker->Batch->Session[i] == (byte)use ? 1 : 0;
        if (count < PacketBatch.Capacity - MostUntracked)
            throw new InvalidOperationException($"{count} packets of {PacketBatch.Capacity} had session use {use}");
    }

    public void Free() => Memory.Free();

    private Worker* CreateWorker(uint buckets, DataPathOf<TFamily, TSession, TFlow>? first)
    {
        Worker* worker = Memory.Allocate<Worker>(1);
        worker->Shared = Shared;
        worker->Batch = Memory.Allocate<PacketBatch>(1);
        worker->Context.Pods = Shared->Pods;
        worker->Context.WorkerIndex = Shared->WorkerCount++;
        worker->Context.Key = &Shared->SessionKey;
        worker->Context.SessionsByPod = Memory.Allocate<uint>(PodSlotCount);
        worker->ExistingSession = Memory.Allocate<ulong>(1);
        worker->FirstSession = Memory.Allocate<ulong>(1);
        worker->Untracked = Memory.Allocate<ulong>(1);
        worker->NoPod = Memory.Allocate<ulong>(1);
        worker->FailedOver = Memory.Allocate<ulong>(1);
        worker->Pod = Memory.Allocate<CounterPair>(PodSlotCount);
        worker->Context.Clock.SetTimeout(SessionKind.Udp, TimeoutSeconds);
        worker->Context.Clock.Advance(TimeoutSeconds);
        worker->SweptSeconds = TimeoutSeconds;
        CreateTable(worker, TFamily.Sessions(worker), buckets, first is null ? CreateIndex(buckets) : first.Sessions->Index);
        return worker;
    }

    private ReturnIndex<TSession, TFlow>* CreateIndex(uint buckets)
    {
        ReturnIndex<TSession, TFlow>* index = Memory.Allocate<ReturnIndex<TSession, TFlow>>(1);
        index->Slots = Memory.Allocate<ulong>(buckets * (nuint)ReturnIndex.BucketLength);
        index->BucketMask = buckets - 1;
        index->WorkerEntries = (TSession**)Memory.Allocate<nint>(ReturnIndex.MaxWorkers);
        index->WorkerSourcePorts = (ushort**)Memory.Allocate<nint>(ReturnIndex.MaxWorkers);
        index->Pods = Shared->Pods;
        return index;
    }

    private void CreateTable(Worker* worker, SessionTable<TSession, TFlow>* table, uint buckets, ReturnIndex<TSession, TFlow>* index)
    {
        table->Entries = Memory.Allocate<TSession>(buckets * (nuint)SessionTable.BucketLength);
        table->SourcePorts = Memory.Allocate<ushort>(buckets * (nuint)SessionTable.BucketLength);
        table->BucketMask = buckets - 1;
        table->Context = &worker->Context;
        table->Index = index;
        index->WorkerEntries[worker->Context.WorkerIndex] = table->Entries;
        index->WorkerSourcePorts[worker->Context.WorkerIndex] = table->SourcePorts;
    }

    private void WritePod(uint slot)
    {
        PodRecord* pod = Shared->Pods + slot;
        if (IsIp4)
        {
            pod->Address4 = 0x0000_020A + (slot << 24);
        }
        else
        {
            pod->Address6First = 0x02FD;
            pod->Address6Second = (ulong)slot << 56;
        }

        PodRecord.SetAddressSum(pod);
        pod->ForwardTarget = slot;
        if (IsIp4) PodRecord.Fix(pod, PacketTemplates.Vip4Wire, Be16.FromHost(PacketTemplates.Port).Wire, IpProtocol.Udp);
        PodRecord.SetState(pod, PodState.Active);
    }

    private Snapshot* CreateSnapshot()
    {
        var service = (ServiceEntry*)Memory.Allocate<byte>(ServiceEntry.LengthBytes(ServiceTableLength));
        service->PodCount = PodCount;
        service->TableMask = ServiceTableLength - 1;
        MaglevPod[] pods = [.. Enumerable.Range(1, (int)PodCount).Select(slot => new MaglevPod((UInt128)slot, 0, (uint)slot, 1))];
        Maglev.Fill(pods, ServiceEntry.Table(service), ServiceTableLength);

        const uint TableLength = 2;
        var vip = (VipEntry*)Memory.Allocate<byte>(VipEntry.LengthBytes(TableLength));
        vip->TableMask = TableLength - 1;
        vip->ServiceCount = 1;
        ulong key = VipEntry.Key(IpProtocol.Udp, Be16.FromHost(PacketTemplates.Port).Wire);
        ulong* entry = (ulong*)((byte*)vip + VipEntry.HeaderBytes) + ((VipEntry.FirstSlot(key) & vip->TableMask) * 2);
        entry[0] = key;
        entry[1] = (ulong)service;

        var snapshot = (Snapshot*)Memory.Allocate<byte>(Snapshot.LengthBytes(1));
        snapshot->PageCount = 1;
        Snapshot.Pages(snapshot)[0] = (VipEntry**)Memory.Allocate<nint>(Snapshot.PageLength);
        Snapshot.Pages(snapshot)[0][0] = vip;
        return snapshot;
    }
}
