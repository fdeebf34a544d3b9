using System.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>One pod of one service.</summary>
public sealed class Pod
{
    private const long NoEnd = -1;

    // There may be a million pods: no field is wider than it must be, and the address is no object of its own.
    private readonly ulong _upper;
    private readonly ulong _lower;
    private long _drainEndTicks = NoEnd;
    private byte _weight = (byte)Limits.DefaultWeight;
    private byte _state;

    internal Pod(Service service, IPAddress address, uint slot)
    {
        Service = service;
        UInt128 number = Addresses.ToNumber(address);
        (_upper, _lower) = ((ulong)(number >> 64), (ulong)number);
        Slot = slot;
    }

    /// <summary>The service it serves.</summary>
    public Service Service { get; }

    /// <summary>Where it is.</summary>
    public IPAddress Address => Addresses.FromNumber(Number, Service.Vip.PodFamily);

    /// <summary>Its address as a number.</summary>
    internal UInt128 Number => new(_upper, _lower);

    /// <summary>Its record, and what sessions store.</summary>
    public uint Slot { get; }

    /// <summary>Its number among all pods that ever had a slot, from 1 on: see <see cref="PodRecord.Birth"/>.</summary>
    internal uint Birth { get; init; }

    /// <summary>Share of new flows in proportion to the other pods, 0 to <see cref="Limits.Weight"/>; 0 gets none and keeps its sessions.</summary>
    public uint Weight
    {
        get => _weight;
        internal set => _weight = (byte)value;
    }

    /// <summary>One of <see cref="PodState"/>, as its record says.</summary>
    public uint State
    {
        get => _state;
        internal set => _state = (byte)value;
    }

    /// <summary>True while a user keeps new flows from a pod that goes on serving its sessions.</summary>
    public bool IsHeldBack { get; internal set; }

    /// <summary>True when the pod gets no new flows because it was removed or is held back.</summary>
    public bool IsDraining => State == PodState.Removed || IsHeldBack;

    /// <summary>The data plane's time at which a draining pod is taken out with the sessions that are left; null is never.</summary>
    public TimeSpan? DrainEnd
    {
        get => _drainEndTicks == NoEnd ? null : TimeSpan.FromTicks(_drainEndTicks);
        internal set => _drainEndTicks = value?.Ticks ?? NoEnd;
    }

    /// <summary>True when the service's table names the pod.</summary>
    internal bool TakesNewFlows => State == PodState.Active && !IsHeldBack && Weight > 0;

    /// <summary>True while the data plane follows the route to it.</summary>
    internal bool IsFollowed { get; set; }

    /// <summary>True while it waits for its sessions to end.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>Address and target port, or the address alone when packets keep their port.</summary>
    public string EndPoint => Service.TargetPort == 0 ? Address.ToString() : new IPEndPoint(Address, Service.TargetPort).ToString();
}
