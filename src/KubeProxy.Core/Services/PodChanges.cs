using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>Adding and removing pods.</summary>
internal sealed class PodChanges
{
    private readonly CatalogState _state;

    /// <summary>Changes of one catalog.</summary>
    public PodChanges(CatalogState state) => _state = state;

    /// <summary>Adds pods to the services that the selector means; answers these services.</summary>
    public IReadOnlyList<Service> Add(ServiceSelector selector, IReadOnlyList<IPAddress> addresses)
    {
        Vip vip = _state.FindVip(selector.Prefix);
        IReadOnlyList<Service> services = selector.Select(vip);
        CheckAddresses(vip, addresses);
        int missing = 0;
        foreach (Service service in services) missing += CountMissing(service, addresses);
        _state.Pods.Reserve(missing);
        _state.Run(transaction => PrepareAdd(transaction, vip, services, addresses));
        return services;
    }

    /// <summary>Removes pods from those of the services that the selector means which have them.</summary>
    public void Remove(ServiceSelector selector, IReadOnlyList<IPAddress> addresses)
    {
        Vip vip = _state.FindVip(selector.Prefix);
        IReadOnlyList<Service> services = selector.Select(vip);
        CheckAddresses(vip, addresses);
        foreach (IPAddress address in addresses) CheckServes(services, address);
        _state.Run(transaction => PrepareRemove(transaction, vip, services, addresses));
    }

    private void PrepareAdd(Transaction transaction, Vip vip, IReadOnlyList<Service> services, IReadOnlyList<IPAddress> addresses)
    {
        var fresh = new List<Pod>();
        var revived = new List<Pod>();
        var entries = new Dictionary<Service, NativeBlock>();
        foreach (Service service in services)
        {
            List<Pod> pods = service.ActivePods();
            foreach (IPAddress address in addresses)
            {
                Pod? drained = service.Find(address);
                Pod pod = drained ?? _state.Pods.Take(transaction, service, address);
                (drained is null ? fresh : revived).Add(pod);
                pods.Add(pod);
            }

            entries.Add(service, transaction.Change.BuildService(service, pods));
        }

        StageServices(transaction, vip, entries);
        Start(transaction, fresh, revived);
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
            _state.Pods.SetState(pod, PodState.Active);
            transaction.AfterPublish(() => pod.Service.Add(pod));
        }

        foreach (Pod pod in revived)
        {
            _state.Pods.SetState(pod, PodState.Active);
            transaction.OnRollBack(() => _state.Pods.SetState(pod, PodState.Removed));
        }
    }

    private void PrepareRemove(Transaction transaction, Vip vip, IReadOnlyList<Service> services, IReadOnlyList<IPAddress> addresses)
    {
        var leaving = new HashSet<Pod>();
        var entries = new Dictionary<Service, NativeBlock>();
        foreach (Service service in services)
        {
            foreach (IPAddress address in addresses)
            {
                if (service.Find(address) is { State: PodState.Active } pod) leaving.Add(pod);
            }

            List<Pod> staying = service.ActivePods();
            if (staying.RemoveAll(leaving.Contains) > 0) entries.Add(service, transaction.Change.BuildService(service, staying));
        }

        StageServices(transaction, vip, entries);
        transaction.AfterPublish(() =>
        {
            foreach (Pod pod in leaving) _state.Pods.TakeOut(pod, PodState.Removed);
        });
    }

    private void StageServices(Transaction transaction, Vip vip, Dictionary<Service, NativeBlock> entries)
    {
        var all = new Dictionary<ServiceKey, NativeBlock>();
        foreach (Service service in vip.Services) all.Add(service.Key, entries.GetValueOrDefault(service, service.Entry));
        NativeBlock vipEntry = transaction.Change.BuildVip(all);
        foreach ((Service service, NativeBlock entry) in entries) transaction.Change.ReplaceEntries(service, entry);
        transaction.Change.Replace(vip.Entry);
        transaction.VipSlot = vip.Slot;
        transaction.VipEntry = vipEntry;
        transaction.AfterPublish(() =>
        {
            foreach ((Service service, NativeBlock entry) in entries)
                service.Become(entry, _state.Plane.ReadServiceCounter(ServiceCounter.FirstSession, service.Index));
            vip.Entry = vipEntry;
        });
    }

    private static void CheckAddresses(Vip vip, IReadOnlyList<IPAddress> addresses)
    {
        if (addresses.Count == 0) throw new CommandException($"no pod address after VIP {vip.Prefix}: name at least one");
        var seen = new HashSet<IPAddress>();
        foreach (IPAddress address in addresses)
        {
            if (address.AddressFamily != vip.Family) throw Mismatch(vip, address);
            AddressRules.CheckPod(address);
            if (!seen.Add(address)) throw new CommandException($"pod {address} is named twice");
        }
    }

    private static CommandException Mismatch(Vip vip, IPAddress address)
    {
        string podFamily = Addresses.FamilyName(address.AddressFamily);
        string vipFamily = Addresses.FamilyName(vip.Family);
        return new($"pod {address} is {podFamily} and VIP {vip.Prefix} is {vipFamily}: translation between them is not available in this version");
    }

    private int CountMissing(Service service, IReadOnlyList<IPAddress> addresses)
    {
        int missing = 0;
        foreach (IPAddress address in addresses)
        {
            if (_state.Vips.FindCovering(address) is Vip covering)
            {
                throw new CommandException($"pod {address} is inside VIP {covering.Prefix}: its packets would come back to the VIP for ever");
            }

            Pod? pod = service.Find(address);
            if (pod is { State: PodState.Active })
            {
                throw new CommandException($"pod {address} already serves {service.Key.Words} of VIP {service.Vip.Prefix}");
            }

            if (pod is null) missing++;
        }

        return missing;
    }

    private static void CheckServes(IReadOnlyList<Service> services, IPAddress address)
    {
        bool isDraining = false;
        foreach (Service service in services)
        {
            Pod? pod = service.Find(address);
            if (pod is { State: PodState.Active }) return;
            isDraining |= pod is not null;
        }

        string where = $"{services[0].Key.Words} of VIP {services[0].Vip.Prefix}";
        throw new CommandException(isDraining ? $"pod {address} was removed from {where} already; it is draining" : $"no pod {address} in {where}");
    }
}
