using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>Adding pods: new ones, ones that drain, and new weights of ones that serve.</summary>
internal sealed class PodChanges
{
    private readonly CatalogState _state;

    /// <summary>Changes of one catalog.</summary>
    public PodChanges(CatalogState state) => _state = state;

    /// <summary>
    /// Adds pods to the services that the selector means; answers these services. A pod that drains serves again. With a
    /// weight, a pod that serves already gets that weight; without one it is refused.
    /// </summary>
    public IReadOnlyList<Service> Add(ServiceSelector selector, IReadOnlyList<IPAddress> addresses, uint? weight)
    {
        Vip vip = _state.FindMain(selector.Vip);
        IReadOnlyList<Service> services = selector.Select(vip);
        PodChecks.CheckAddresses(vip, addresses);
        LoopChecks.CheckPods(_state, addresses, vip.Table);
        int missing = 0;
        foreach (Service service in services) missing += CountMissing(service, addresses, weight);
        _state.Pods.Reserve(missing);
        _state.Run(transaction => PrepareAdd(transaction, vip, services, addresses, weight));
        return services;
    }

    private void PrepareAdd(
        Transaction transaction, Vip vip, IReadOnlyList<Service> services, IReadOnlyList<IPAddress> addresses, uint? weight)
    {
        var fresh = new List<Pod>();
        var revived = new List<Pod>();
        var entries = new Dictionary<Service, NativeBlock>();
        foreach (Service service in services)
        {
            var named = new List<Pod>();
            foreach (IPAddress address in addresses) named.Add(NameOne(transaction, service, address, weight, fresh, revived));
            entries.Add(service, transaction.Change.BuildService(service, WithNamed(service, named)));
        }

        ServiceStaging.Stage(_state, transaction, vip, entries);
        Start(transaction, fresh, revived);
    }

    // A pod that was removed comes back as a new one does, with the weight of a new one, whether or not it is forgotten yet.
    private Pod NameOne(
        Transaction transaction, Service service, IPAddress address, uint? weight, List<Pod> fresh, List<Pod> revived)
    {
        Pod? known = service.Find(address);
        Pod pod = known ?? _state.Pods.Take(transaction, service, address);
        if (known is null) fresh.Add(pod);
        else if (known.State == PodState.Removed) revived.Add(pod);
        (uint oldWeight, bool wasHeldBack) = (pod.Weight, pod.IsHeldBack);
        transaction.OnRollBack(() => (pod.Weight, pod.IsHeldBack) = (oldWeight, wasHeldBack));
        pod.Weight = weight ?? (pod.State == PodState.Active ? oldWeight : Limits.DefaultWeight);
        pod.IsHeldBack = false;
        transaction.AfterPublish(() => _state.Pods.Deadlines.Set(pod, null));
        return pod;
    }

    private static List<Pod> WithNamed(Service service, List<Pod> named)
    {
        var known = new HashSet<Pod>(named);
        List<Pod> pods = service.ActivePods();
        pods.RemoveAll(known.Contains);
        foreach (Pod pod in named)
        {
            if (pod.Weight > 0) pods.Add(pod);
        }

        return pods;
    }

    // New pods get counters, a route and only then their state: a worker that meets the slot meets a whole record. Counters
    // and routes stop the workers, so they come after all building.
    private void Start(Transaction transaction, List<Pod> fresh, List<Pod> revived)
    {
        if (fresh.Count > 0) _state.EnsureCounters();
        foreach (Pod pod in fresh)
        {
            _state.Plane.ClearPodCounters(pod.Slot);
            _state.Pods.Follow(pod);
            LoopChecks.CheckPath(_state, pod);
            _state.Pods.SetState(pod, PodState.Active);
            transaction.AfterPublish(() => pod.Service.Add(pod));
        }

        foreach (Pod pod in revived)
        {
            LoopChecks.CheckPath(_state, pod);
            _state.Pods.SetState(pod, PodState.Active);
            transaction.OnRollBack(() => _state.Pods.SetState(pod, PodState.Removed));
        }
    }

    private static int CountMissing(Service service, IReadOnlyList<IPAddress> addresses, uint? weight)
    {
        int missing = 0;
        foreach (IPAddress address in addresses)
        {
            Pod? pod = service.Find(address);
            if (pod is null) missing++;
            else if (weight is null && !pod.IsDraining)
                throw new CommandException($"pod {address} already serves {service.Key.Words} of VIP {service.Vip.Key}");
        }

        return missing;
    }
}
