using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// Pod slots and their records. A slot goes to another pod only when no worker can see a snapshot whose tables in force name it and no
/// session refers to it (invariant SES-2): pods that were taken out wait in a queue for that.
/// </summary>
internal sealed unsafe class PodSlots
{
    private readonly IDataPlane _plane;
    private readonly MasqueradeAddresses _masquerades;
    private readonly SlotPool _pool;
    private readonly uint _limit;
    private readonly SlotTable<Pod> _pods = new();
    private readonly Queue<Pod> _waiting = new();
    private readonly Dictionary<uint, FollowedAddresses> _followedByTable = [];
    private uint _lastBirth;

    /// <summary>Slots 1 to <paramref name="limit"/> - 1.</summary>
    public PodSlots(IDataPlane plane, MasqueradeAddresses masquerades, uint limit)
    {
        _plane = plane;
        _masquerades = masquerades;
        _limit = limit;
        _pool = new SlotPool(1, limit);
    }

    /// <summary>Slots in use, those of pods that were taken out included.</summary>
    public int UsedCount => _pods.Count;

    /// <summary>Slots that exist.</summary>
    public uint Capacity => _limit - 1;

    /// <summary>All slots ever used are below this one.</summary>
    public uint HighWater => _pool.HighWater;

    /// <summary>Ends of the pods that drain for a limited time.</summary>
    public DrainDeadlines Deadlines { get; } = new();

    /// <summary>The pod that has a slot.</summary>
    public Pod? Find(uint slot) => _pods.Find(slot);

    /// <summary>The address of a pod of the VIP's table inside the VIP's prefix.</summary>
    public IPAddress? FindAddressIn(VipKey vip) => _followedByTable.GetValueOrDefault(vip.Table)?.FindIn(vip.Prefix);

    /// <summary>Frees slots until <paramref name="count"/> can be taken, or refuses.</summary>
    public void Reserve(int count)
    {
        if (_pool.AvailableCount < count) Reclaim(_waiting.Count);
        if (_pool.AvailableCount < count)
        {
            _plane.SweepSessions();
            Reclaim(_waiting.Count);
        }

        if (_pool.AvailableCount >= count) return;
        throw new CommandException($"no room for {count} more pods: {UsedCount} of {Capacity} pod slots are in use");
    }

    /// <summary>Takes a slot for a new pod and writes its record, all but state and forward target.</summary>
    public Pod Take(Transaction transaction, Service service, IPAddress address)
    {
        if (!_pool.TryTake(out uint slot)) throw new CommandException($"no room for pod {address}: all {Capacity} pod slots are in use");
        var pod = new Pod(service, address, slot) { Birth = ++_lastBirth };
        _ = _masquerades.Take(transaction, service.MasqueradeInTables);
        WriteRecord(&_plane.Pods[slot], pod);
        transaction.OnRollBack(() =>
        {
            PutBack(pod);
            _lastBirth--;
        });
        transaction.AfterPublish(() => _pods.Add(slot, pod));
        return pod;
    }

    /// <summary>Starts following the route to a new pod.</summary>
    public void Follow(Pod pod)
    {
        uint table = pod.Service.Vip.Table;
        _plane.FollowPod(pod.Slot, pod.Address, table);
        pod.IsFollowed = true;
        if (!_followedByTable.TryGetValue(table, out FollowedAddresses? followed)) _followedByTable.Add(table, followed = new FollowedAddresses());
        followed.Add(pod.Address);
    }

    /// <summary>The pod's state, in the model and for workers.</summary>
    public void SetState(Pod pod, uint state)
    {
        pod.State = state;
        PodRecord.SetState(&_plane.Pods[pod.Slot], state);
    }

    /// <summary>Tells workers whether a pod gets new flows of clients that it has served before.</summary>
    public void HoldBack(Pod pod, bool isHeldBack) => Volatile.Write(ref _plane.Pods[pod.Slot].IsHeldBack, isHeldBack ? (byte)1 : (byte)0);

    /// <summary>The pod serves no longer: it waits until its slot can be free. A dead one is followed no longer.</summary>
    public void TakeOut(Pod pod, uint state)
    {
        SetState(pod, state);
        if (state == PodState.Dead)
        {
            Deadlines.Set(pod, null);
            TryUnfollow(pod);
        }

        if (pod.IsQueued) return;
        pod.IsQueued = true;
        _waiting.Enqueue(pod);
    }

    /// <summary>Looks at up to <paramref name="steps"/> waiting pods and frees the slots of those that nobody refers to.</summary>
    public void Reclaim(int steps)
    {
        if (!_plane.IsSettled) return;
        for (int left = Math.Min(steps, _waiting.Count); left > 0; left--)
        {
            Pod pod = _waiting.Dequeue();
            if (pod.State == PodState.Active) pod.IsQueued = false;
            else if (_plane.CountSessions(pod.Slot) > 0 || !TryUnfollow(pod)) _waiting.Enqueue(pod);
            else Free(pod);
        }
    }

    /// <summary>Takes the pods out of their services whose time to drain has passed; their sessions are over.</summary>
    public void EndDrains(TimeSpan now)
    {
        if (!Deadlines.AreDue(now)) return;
        foreach (Pod pod in Deadlines.TakeDue(now))
        {
            pod.Service.Remove(pod);
            TakeOut(pod, PodState.Dead);
        }
    }

    private void Free(Pod pod)
    {
        Deadlines.Set(pod, null);
        if (pod.State == PodState.Removed) pod.Service.Remove(pod);
        pod.State = PodState.Free;
        pod.IsQueued = false;
        ClearRecord(pod.Slot);
        _masquerades.Release(pod.Service.MasqueradeInTables);
        _pods.Remove(pod.Slot);
        _pool.ReleaseSettled(pod.Slot);
    }

    // A slot whose route cannot be let go stays out of use until it can.
    private void PutBack(Pod pod)
    {
        if (TryUnfollow(pod))
        {
            pod.State = PodState.Free;
            ClearRecord(pod.Slot);
            _pool.PutBack(pod.Slot);
            return;
        }

        _pods.Add(pod.Slot, pod);
        TakeOut(pod, PodState.Dead);
    }

    private bool TryUnfollow(Pod pod)
    {
        if (!pod.IsFollowed) return true;
        try
        {
            _plane.UnfollowPod(pod.Slot);
        }
        catch (CommandException)
        {
            return false;
        }

        pod.IsFollowed = false;
        _followedByTable[pod.Service.Vip.Table].Remove(pod.Address);
        return true;
    }

    private void ClearRecord(uint slot) => NativeMemory.Clear(&_plane.Pods[slot], PodRecord.SizeBytes);

    /// <summary>One address, one port, TCP or UDP: then all packets that come by the VIP's own route change alike.</summary>
    private static void FixRecord(PodRecord* record, Service service)
    {
        bool isOneAddress = service.Vip.PodFamily == AddressFamily.InterNetwork && !service.Vip.IsTranslated && service.Vip.Prefix.PrefixLength == 32;
        bool isOnePort = service.Key.Port != 0 && service.Key.Protocol is IpProtocol.Tcp or IpProtocol.Udp;
        if (!isOneAddress || !isOnePort) return;
        uint vip;
        _ = service.Vip.Prefix.BaseAddress.TryWriteBytes(new Span<byte>(&vip, sizeof(uint)), out _);
        PodRecord.Fix(record, vip, Be16.FromHost(service.Key.Port).Wire, service.Key.Protocol);
    }

    private static void WriteRecord(PodRecord* record, Pod pod)
    {
        NativeMemory.Clear(record, PodRecord.SizeBytes);
        pod.Service.InTables(pod.Address).TryWriteBytes(new Span<byte>(record->Address, 16), out _);
        PodRecord.SetAddressSum(record);
        record->TargetPortWire = Be16.FromHost(pod.Service.TargetPort).Wire;
        record->ServiceIndex = pod.Service.Index;
        record->Protocol = pod.Service.Key.Protocol;
        record->Birth = pod.Birth;
        record->MasqueradeIndex = pod.Service.MasqueradeIndex;
        FixRecord(record, pod.Service);
    }
}
