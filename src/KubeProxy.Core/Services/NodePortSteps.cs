using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Services;

/// <summary>
/// Giving node ports, taking them away, and following a change of their service: steps of a transaction. A port's
/// packets are sent to its slot once the published snapshot has an entry in it, and not any more before it has none.
/// </summary>
internal sealed class NodePortSteps
{
    private readonly CatalogState _state;

    /// <summary>Steps of one catalog.</summary>
    public NodePortSteps(CatalogState state) => _state = state;

    /// <summary>A node port, checked before, for a new service.</summary>
    public NodePort Take(Transaction transaction, ushort port)
    {
        if (!_state.VipSlots.TryTake(out uint slot))
            throw new CommandException($"no room for node_port {port}: the limit is {_state.Limits.Vips} VIPs and node ports");
        transaction.OnRollBack(() => _state.VipSlots.PutBack(slot));
        return new NodePort(port, slot);
    }

    /// <summary>New services, whose entries are built, are reached under their node ports.</summary>
    public void Install(Transaction transaction, IReadOnlyList<Service> added)
    {
        List<Service> services = WithNodePort(added);
        if (services.Count == 0) return;
        foreach (Service service in services) Stage(transaction, service, service.Entry);
        if (_state.NodePorts.Count == 0)
            transaction.Route(() => _state.Plane.SwitchNodePorts(enable: true), () => _state.Plane.SwitchNodePorts(enable: false));
        transaction.AfterPublish(() =>
        {
            foreach (Service service in services)
            {
                _state.NodePorts.Add(service);
                InstallOne(service);
            }
        });
    }

    /// <summary>A service's node port leads to the service's new entry.</summary>
    public static void Restage(Transaction transaction, Service service, NativeBlock serviceEntry)
    {
        if (service.NodePort is not NodePort nodePort) return;
        transaction.Change.Replace(nodePort.Entry);
        Stage(transaction, service, serviceEntry);
    }

    /// <summary>Services that go are not reached under their node ports any more, which others may get.</summary>
    public void Remove(Transaction transaction, IReadOnlyList<Service> deleted)
    {
        List<Service> services = WithNodePort(deleted);
        if (services.Count == 0) return;
        foreach (Service service in services)
        {
            transaction.Change.Replace(service.NodePort!.Entry);
            transaction.Stage([service.NodePort.Slot], default);
            transaction.Route(() => RemoveOne(service), () => InstallOne(service));
        }

        if (services.Count == _state.NodePorts.Count)
            transaction.Route(() => _state.Plane.SwitchNodePorts(enable: false), () => _state.Plane.SwitchNodePorts(enable: true));
        transaction.AfterPublish(() =>
        {
            foreach (Service service in services)
            {
                _state.NodePorts.Remove(service);
                _state.VipSlots.Release(service.NodePort!.Slot);
            }
        });
    }

    private static void Stage(Transaction transaction, Service service, NativeBlock serviceEntry)
    {
        NodePort nodePort = service.NodePort!;
        NativeBlock entry = transaction.Change.BuildNodePort(service, nodePort, serviceEntry);
        transaction.Stage([nodePort.Slot], entry);
        transaction.AfterPublish(() => nodePort.Entry = entry);
    }

    private void InstallOne(Service service) =>
        _state.Plane.InstallNodePort(service.NodePort!.Slot, service.Vip.Family, service.Key.Protocol, service.NodePort.Port);

    private void RemoveOne(Service service) => _state.Plane.RemoveNodePort(service.Vip.Family, service.Key.Protocol, service.NodePort!.Port);

    private static List<Service> WithNodePort(IReadOnlyList<Service> services)
    {
        var found = new List<Service>();
        foreach (Service service in services)
        {
            if (service.NodePort is not null) found.Add(service);
        }

        return found;
    }
}
