using System.Text;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>show kube-proxy memory</c>: what memory is held, by what it holds, and what a service, a pod and a session take of it.</summary>
internal static class ShowMemory
{
    /// <summary>Its grammar.</summary>
    public const string Help = "show kube-proxy memory";

    /// <summary>The text.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        new WordReader(line).End();
        catalog.Maintain();
        MemoryReport report = catalog.Plane.ReadMemory();
        ulong snapshotBytes = catalog.SnapshotBytes;
        var text = new StringBuilder();
        AppendTable(text, [.. report.Parts, Snapshot(snapshotBytes), Rest(report, snapshotBytes), report.Counters, ManagedHeap()]);
        AppendShares(text, catalog, report, snapshotBytes);
        return text.ToString().TrimEnd();
    }

    private static MemoryUse Snapshot(ulong bytes) => new("snapshot", null, bytes, bytes);

    private static MemoryUse Rest(MemoryReport report, ulong snapshotBytes)
    {
        ulong bytes = report.AllocatedBytes - snapshotBytes;
        foreach (MemoryUse part in report.Parts) bytes -= part.Bytes;
        return new MemoryUse("rest", null, bytes, null);
    }

    private static MemoryUse ManagedHeap()
    {
        GCMemoryInfo info = GC.GetGCMemoryInfo();
        return new MemoryUse("managed heap", null, (ulong)info.TotalAvailableMemoryBytes, (ulong)info.TotalCommittedBytes);
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<MemoryUse> uses)
    {
        var table = new TextTable("memory", "#per_thread", "#bytes", "#touched");
        foreach (MemoryUse use in uses)
            table.Add(use.Name, use.PerThreadBytes is ulong each ? $"{each}" : "-", $"{use.Bytes}", use.TouchedBytes is ulong touched ? $"{touched}" : "-");
        table.WriteTo(text, string.Empty);
    }

    private static void AppendShares(StringBuilder text, ServiceCatalog catalog, MemoryReport report, ulong snapshotBytes)
    {
        string tables = catalog.ServiceCount == 0 ? "none" : $"{snapshotBytes / (ulong)catalog.ServiceCount} bytes";
        text.Append($"per service     {report.ServiceBytes} bytes; snapshot: {tables}\n");
        text.Append($"per pod         {report.PodBytes} bytes\n");
        text.Append($"per session     {report.Ip4SessionBytes} bytes over ip4, {report.Ip6SessionBytes} bytes over ip6\n");
    }
}
