using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Services;

/// <summary>Puts changed services of one VIP into a transaction.</summary>
internal static class ServiceStaging
{
    /// <summary>The entries of the VIP and of node ports are built anew, with these entries in place of the services' old ones.</summary>
    public static void Stage(CatalogState state, Transaction transaction, Vip vip, Dictionary<Service, NativeBlock> entries)
    {
        var all = new Dictionary<ServiceKey, NativeBlock>();
        foreach (Service service in vip.Services) all.Add(service.Key, entries.GetValueOrDefault(service, service.Entry));
        NativeBlock vipEntry = transaction.Change.BuildVip(vip, all);
        foreach ((Service service, NativeBlock entry) in entries)
        {
            transaction.Change.ReplaceEntries(service, entry);
            NodePortSteps.Restage(transaction, service, entry);
        }

        transaction.Change.Replace(vip.Entry);
        transaction.Stage(vip.Slots(), vipEntry);
        transaction.AfterPublish(() =>
        {
            foreach ((Service service, NativeBlock entry) in entries)
            {
                service.Become(entry, state.Plane.ReadServiceCounter(ServiceCounter.FirstSession, service.Index));
                foreach (Pod pod in service.Pods) state.Pods.HoldBack(pod, !pod.TakesNewFlows);
            }

            vip.Entry = vipEntry;
        });
    }
}
