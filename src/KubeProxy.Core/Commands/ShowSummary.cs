using System.Text;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>show kube-proxy</c>: settings, use of the session tables, interfaces, and how much is configured.</summary>
internal static class ShowSummary
{
    /// <summary>Its grammar.</summary>
    public const string Help = "show kube-proxy";

    /// <summary>The text.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        new WordReader(line).End();
        catalog.Maintain();
        var text = new StringBuilder();
        AppendSessions(text, catalog.Plane);
        AppendCounts(text, catalog);
        DrainingPods.AppendTo(text, catalog);
        IReadOnlyList<KeyValuePair<string, string>> interfaces = catalog.Interfaces;
        if (interfaces.Count == 0) Append(text, "interfaces", "none");
        foreach ((string name, string words) in interfaces) Append(text, "interface", $"{name} {words}");
        return text.ToString().TrimEnd();
    }

    private static void AppendSessions(StringBuilder text, IDataPlane plane)
    {
        SessionUse use = plane.ReadSessionUse();
        ulong capacity = use.CapacityPerWorker * use.WorkerCount;
        Append(text, "threads", $"{use.WorkerCount}");
        Append(text, "buckets", $"{plane.Sessions.BucketCount} per thread");
        Append(text, "timeouts", TimeoutWords(plane.Sessions.Timeouts));
        Append(text, "source ports", $"{plane.Sessions.MasqueradePorts} for masquerade");
        Append(text, "ip4 sessions", $"{use.Ip4Live} of {capacity}");
        Append(text, "ip6 sessions", $"{use.Ip6Live} of {capacity}");
        Append(text, "session memory", $"{use.MemoryBytes} bytes");
    }

    private static void AppendCounts(StringBuilder text, ServiceCatalog catalog)
    {
        int all = 0;
        int draining = 0;
        foreach (Vip vip in catalog.Vips)
        {
            foreach (Service service in vip.Services)
            {
                all += service.Pods.Count;
                draining += service.CountDraining();
            }
        }

        Append(text, "vips", $"{catalog.VipCount}");
        uint[] tables = [.. catalog.Vips.Select(vip => vip.Table).Distinct().Order()];
        if (tables.Any(table => table != 0)) Append(text, "tables", string.Join(", ", tables));
        Append(text, "services", $"{catalog.ServiceCount}");
        Append(text, "node ports", $"{catalog.NodePortCount} of {catalog.NodePortRange}");
        Append(text, "pods", $"{all - draining} active, {draining} draining");
        Append(text, "pod slots", $"{catalog.UsedPodSlotCount} of {catalog.PodSlotCapacity}");
        Append(text, "prefix64", $"{catalog.Prefix64}");
        Append(text, "nat46 zero udp", catalog.NoUdpChecksum == NoChecksum.Reject ? "reject" : "compute");
    }

    private static string TimeoutWords(SessionTimeouts timeouts)
    {
        var pairs = new List<string>();
        foreach (string word in SessionTimeouts.Words) pairs.Add($"{word} {timeouts.Of(word)}");
        return string.Join(", ", pairs) + " seconds";
    }

    private static void Append(StringBuilder text, string name, string value) => text.Append(name.PadRight(16)).Append(value).Append('\n');
}
