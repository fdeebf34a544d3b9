using System.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>One pod of one service.</summary>
public sealed class Pod
{
    internal Pod(Service service, IPAddress address, uint slot)
    {
        Service = service;
        Address = address;
        Slot = slot;
    }

    /// <summary>The service it serves.</summary>
    public Service Service { get; }

    /// <summary>Where it is.</summary>
    public IPAddress Address { get; }

    /// <summary>Its record, and what sessions store.</summary>
    public uint Slot { get; }

    /// <summary>Its number among all pods that ever had a slot, from 1 on: see <see cref="PodRecord.Birth"/>.</summary>
    internal uint Birth { get; init; }

    /// <summary>Share of new flows in proportion to the other pods, 0 to <see cref="Limits.Weight"/>; 0 gets none and keeps its sessions.</summary>
    public uint Weight { get; internal set; } = Limits.DefaultWeight;

    /// <summary>One of <see cref="PodState"/>, as its record says.</summary>
    public uint State { get; internal set; }

    /// <summary>True while a user keeps new flows from a pod that goes on serving its sessions.</summary>
    public bool IsHeldBack { get; internal set; }

    /// <summary>True when the pod gets no new flows because it was removed or is held back.</summary>
    public bool IsDraining => State == PodState.Removed || IsHeldBack;

    /// <summary>The data plane's time at which a draining pod is taken out with the sessions that are left; null is never.</summary>
    public TimeSpan? DrainEnd { get; internal set; }

    /// <summary>True when the service's table names the pod.</summary>
    internal bool TakesNewFlows => State == PodState.Active && !IsHeldBack && Weight > 0;

    /// <summary>True while the data plane follows the route to it.</summary>
    internal bool IsFollowed { get; set; }

    /// <summary>True while it waits for its sessions to end.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>Address and target port, or the address alone when packets keep their port.</summary>
    public string EndPoint => Service.TargetPort == 0 ? Address.ToString() : new IPEndPoint(Address, Service.TargetPort).ToString();
}
