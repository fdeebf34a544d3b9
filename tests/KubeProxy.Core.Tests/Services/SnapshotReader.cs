using System.Text;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Walks a snapshot completely.</summary>
internal static unsafe class SnapshotReader
{
    /// <summary>All pod slots that its tables name.</summary>
    public static HashSet<uint> PodSlots(Snapshot* snapshot)
    {
        var slots = new HashSet<uint>();
        foreach (nint service in Services(snapshot))
        {
            var entry = (ServiceEntry*)service;
            if (entry->PodCount == 0) continue;
            for (uint i = 0; i <= entry->TableMask; i++) slots.Add(ServiceEntry.Table(entry)[i]);
        }

        return slots;
    }

    /// <summary>Number of VIPs.</summary>
    public static int CountVips(Snapshot* snapshot)
    {
        int count = 0;
        for (uint slot = 0; slot < snapshot->PageCount * Snapshot.PageLength; slot++)
        {
            if (Snapshot.FindVip(snapshot, slot) != null) count++;
        }

        return count;
    }

    /// <summary>All of its content, without addresses and without the generation.</summary>
    public static string Describe(Snapshot* snapshot)
    {
        var text = new StringBuilder();
        for (uint slot = 0; slot < snapshot->PageCount * Snapshot.PageLength; slot++)
        {
            VipEntry* vip = Snapshot.FindVip(snapshot, slot);
            if (vip != null) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"vip {slot} services {vip->ServiceCount} of {vip->MainSlot}\n");
        }

        foreach (nint service in Services(snapshot)) Describe(text, (ServiceEntry*)service);
        return text.ToString();
    }

    private static void Describe(StringBuilder text, ServiceEntry* entry)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"service {entry->ServiceIndex} pods {entry->PodCount} mask {entry->TableMask}:");
        for (uint i = 0; entry->PodCount > 0 && i <= entry->TableMask; i++) text.Append(' ').Append(ServiceEntry.Table(entry)[i]);
        text.Append('\n');
    }

    private static List<nint> Services(Snapshot* snapshot)
    {
        var services = new List<nint>();
        for (uint slot = 0; slot < snapshot->PageCount * Snapshot.PageLength; slot++)
        {
            VipEntry* vip = Snapshot.FindVip(snapshot, slot);
            if (vip == null) continue;
            for (uint i = 0; i <= vip->TableMask; i++)
            {
                byte* place = (byte*)vip + VipEntry.HeaderBytes + (i * VipEntry.SlotBytes);
                if (*(ulong*)place != 0) services.Add(*(nint*)(place + 8));
            }
        }

        return services;
    }
}
