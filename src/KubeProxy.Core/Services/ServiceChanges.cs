using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>Adding and deleting services.</summary>
internal sealed class ServiceChanges
{
    private readonly CatalogState _state;
    private readonly VipSteps _steps;
    private readonly NodePortSteps _nodePorts;

    /// <summary>Changes of one catalog.</summary>
    public ServiceChanges(CatalogState state)
    {
        _state = state;
        _steps = new VipSteps(state);
        _nodePorts = new NodePortSteps(state);
    }

    /// <summary>Adds the services that the selector names.</summary>
    public void Add(ServiceSelector selector, ServiceOptions options)
    {
        AddressRules.CheckVip(selector.Prefix);
        IReadOnlyList<ServiceKey> keys = selector.Keys();
        OptionChecks.CheckNew(selector, options);
        Vip? vip = _state.Vips.Find(selector.Vip);
        if (vip?.SameAs is Vip main) throw new CommandException($"VIP {vip.Key} is the same as VIP {main.Key}: add services there");
        if (vip is not null) OptionChecks.CheckNat(vip, options);
        foreach (ServiceKey key in keys)
        {
            if (vip?.Find(key) is not null) throw new CommandException($"service {key.Words} of VIP {selector.Vip} is there already");
            if (options.NodePort is ushort port) _state.NodePorts.CheckFree(selector.Prefix.BaseAddress.AddressFamily, key, port);
        }

        if (vip is null) _state.CheckNew(selector.Vip);
        _state.Run(transaction => PrepareAdd(transaction, vip, selector.Vip, keys, options));
    }

    /// <summary>Deletes the services that the selector means, with their pods.</summary>
    public void Delete(ServiceSelector selector, ServiceOptions options)
    {
        Vip vip = _state.FindVip(selector.Vip);
        IReadOnlyList<Service> services = selector.Select(vip);
        foreach (Service service in services) OptionChecks.CheckMatches(service, options);
        if (services.Count == vip.Services.Count && vip.Aliases.Count > 0)
            throw new CommandException($"VIP {vip.Key} has another address, VIP {vip.Aliases[0].Key}: delete that first");
        _state.Run(transaction => PrepareDelete(transaction, vip, services));
    }

    private void PrepareAdd(Transaction transaction, Vip? existing, VipKey key, IReadOnlyList<ServiceKey> keys, ServiceOptions options)
    {
        Vip vip = existing ?? new Vip(key, _steps.TakeSlot(transaction)) { IsTranslated = options.IsTranslated };
        var added = new List<Service>();
        foreach (ServiceKey service in keys) added.Add(NewService(transaction, vip, service, options));
        Dictionary<ServiceKey, NativeBlock> entries = EntriesOf(vip);
        foreach (Service service in added)
        {
            service.Entry = transaction.Change.BuildService(service, []);
            entries.Add(service.Key, service.Entry);
        }

        StageVip(transaction, vip, entries);
        _nodePorts.Install(transaction, added);
        StartCounters(added);
        if (existing is null) _steps.Install(transaction, vip);
        transaction.AfterPublish(() => Register(added));
    }

    // May stop the workers, so it comes after all building.
    private void StartCounters(List<Service> added)
    {
        _state.EnsureCounters();
        foreach (Service service in added) _state.Plane.ClearServiceCounters(service.Index);
    }

    private void Register(List<Service> added)
    {
        foreach (Service service in added)
        {
            service.Vip.Add(service);
            _state.ServicesByIndex.Add(service.Index, service);
        }
    }

    private void PrepareDelete(Transaction transaction, Vip vip, IReadOnlyList<Service> services)
    {
        Dictionary<ServiceKey, NativeBlock> entries = EntriesOf(vip);
        foreach (Service service in services)
        {
            entries.Remove(service.Key);
            transaction.Change.ReplaceEntries(service, next: default);
        }

        StageVip(transaction, vip, entries);
        _nodePorts.Remove(transaction, services);
        if (entries.Count == 0) _steps.Remove(transaction, vip);
        transaction.AfterPublish(() => Unregister(services));
    }

    private void Unregister(IReadOnlyList<Service> services)
    {
        foreach (Service service in services)
        {
            foreach (Pod pod in service.Pods) _state.Pods.TakeOut(pod, PodState.Dead);
            service.Vip.Remove(service);
            _state.ServicesByIndex.Remove(service.Index);
            _state.ServiceIndices.Release(service.Index);
            _state.Masquerades.Release(service.MasqueradeInTables);
        }
    }

    private Service NewService(Transaction transaction, Vip vip, ServiceKey key, ServiceOptions options)
    {
        if (!_state.ServiceIndices.TryTake(out uint index))
        {
            throw new CommandException($"no room for service {key.Words} of VIP {vip.Key}: the limit is {_state.Limits.Services} services");
        }

        transaction.OnRollBack(() => _state.ServiceIndices.PutBack(index));
        return new Service(vip, key, options.TargetPort ?? key.Port, options.TableLength ?? Limits.DefaultTableLength, index)
        {
            AffinitySeconds = options.AffinitySeconds ?? 0,
            Masquerade = options.Masquerade,
            IsMasqueradeForOutside = options.IsMasqueradeForOutside,
            MasqueradeIndex = _state.Masquerades.Take(transaction, Service.InTablesOf(vip, options.Masquerade)),
            NodePort = options.NodePort is ushort port ? _nodePorts.Take(transaction, port) : null,
        };
    }

    private static void StageVip(Transaction transaction, Vip vip, Dictionary<ServiceKey, NativeBlock> entries)
    {
        NativeBlock entry = entries.Count == 0 ? default : transaction.Change.BuildVip(vip, entries);
        transaction.Change.Replace(vip.Entry);
        transaction.Stage(vip.Slots(), entry);
        transaction.AfterPublish(() => vip.Entry = entry);
    }

    private static Dictionary<ServiceKey, NativeBlock> EntriesOf(Vip vip)
    {
        var entries = new Dictionary<ServiceKey, NativeBlock>();
        foreach (Service service in vip.Services) entries.Add(service.Key, service.Entry);
        return entries;
    }
}
