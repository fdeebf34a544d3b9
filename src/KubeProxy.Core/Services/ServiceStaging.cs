using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Services;

/// <summary>Puts changed services of one VIP into a transaction.</summary>
internal static class ServiceStaging
{
    /// <summary>The VIP's entry is built anew, with these entries in place of the services' old ones.</summary>
    public static void Stage(Transaction transaction, Vip vip, Dictionary<Service, NativeBlock> entries)
    {
        var all = new Dictionary<ServiceKey, NativeBlock>();
        foreach (Service service in vip.Services) all.Add(service.Key, entries.GetValueOrDefault(service, service.Entry));
        NativeBlock vipEntry = transaction.Change.BuildVip(all);
        foreach (Service service in entries.Keys) transaction.Change.Replace(service.Entry);
        transaction.Change.Replace(vip.Entry);
        transaction.Stage(vip.Slots(), vipEntry);
        transaction.AfterPublish(() =>
        {
            foreach ((Service service, NativeBlock entry) in entries) service.Entry = entry;
            vip.Entry = vipEntry;
        });
    }
}
