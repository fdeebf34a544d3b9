using System.Net;
using System.Text;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Commands;

/// <summary><c>show kube-proxy vip</c> and <c>vips</c>: one line a service, or with <c>verbose</c> a block with counters and pods.</summary>
internal static unsafe class ShowVips
{
    /// <summary>Its grammar.</summary>
    public const string Help = "show kube-proxy vip [<prefix>] [table <id>] [verbose]";

    /// <summary>Its grammar, other spelling.</summary>
    public const string HelpVips = "show kube-proxy vips [<prefix>] [table <id>] [verbose]";

    private static readonly KeyValuePair<ServiceCounter, string>[] Counters =
    [
        new(ServiceCounter.ExistingSession, "existing-session packets"),
        new(ServiceCounter.FirstSession, "first-session packets"),
        new(ServiceCounter.Untracked, "untracked packets"),
        new(ServiceCounter.NoPod, "no-pod packets"),
        new(ServiceCounter.FailedOver, "failed-over packets"),
    ];

    /// <summary>The text.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var words = new WordReader(line);
        bool isVerbose = false;
        IPNetwork? prefix = null;
        uint? table = null;
        while (words.TryNext(out string word))
        {
            if (AddressParser.LooksLikeAddress(word))
            {
                IPNetwork named = AddressParser.ParsePrefix(word);
                words.Once(word, "prefix");
                prefix = named;
                continue;
            }

            words.Once(word);
            if (word == "verbose") isVerbose = true;
            else if (word == "table") table = words.NumberOf(word, 0, VipKey.MaxTable);
            else throw WordReader.Unknown(word);
        }

        catalog.Maintain();
        IReadOnlyList<Vip> vips = Find(catalog, prefix, table);
        if (vips.Count == 0) return table is uint id ? $"no VIPs in table {id}" : "no VIPs";
        return (isVerbose ? Blocks(catalog.Plane, vips) : Lines(vips)).TrimEnd();
    }

    // A prefix without a table means the one in table 0.
    private static IReadOnlyList<Vip> Find(ServiceCatalog catalog, IPNetwork? prefix, uint? table)
    {
        if (prefix is IPNetwork one) return [catalog.GetVip(one, table ?? 0)];
        return table is uint id ? [.. catalog.Vips.Where(vip => vip.Table == id)] : catalog.Vips;
    }

    // Which table a VIP is in is a column only where one is in another table than 0.
    private static string Lines(IReadOnlyList<Vip> vips)
    {
        List<string> columns = ["vip", "protocol", "port", "target_port", "node_port", "nat", "#new_len", "#pods", "#draining"];
        bool hasTables = vips.Any(vip => vip.Table != 0);
        if (hasTables) columns.Add("#table");
        var table = new TextTable([.. columns]);
        foreach (Vip vip in vips)
        {
            foreach (Service service in vip.Services)
            {
                List<string> cells =
                [
                    $"{vip.Prefix}", service.Key.ProtocolWord, service.Key.PortWord, TargetPortWord(service),
                    service.NodePort is null ? "-" : $"{service.NodePort.Port}", vip.NatWord, $"{service.TableLength}",
                    $"{service.Pods.Count - service.CountDraining()}", $"{service.CountDraining()}",
                ];
                if (hasTables) cells.Add($"{vip.Table}");
                table.Add([.. cells]);
            }
        }

        var text = new StringBuilder();
        if (vips.Any(vip => vip.SameAs is null)) table.WriteTo(text, string.Empty);
        foreach (Vip vip in vips) AppendAlias(text, vip);
        return text.ToString();
    }

    private static string Blocks(IDataPlane plane, IReadOnlyList<Vip> vips)
    {
        var text = new StringBuilder();
        IReadOnlyDictionary<uint, ulong> sessions = plane.CountLiveSessions();
        foreach (Vip vip in vips)
        {
            AppendAlias(text, vip);
            foreach (Service service in vip.Services) AppendBlock(text, plane, service, sessions);
        }

        return text.ToString();
    }

    private static void AppendAlias(StringBuilder text, Vip vip)
    {
        if (vip.SameAs is Vip main) text.Append($"{vip.Key} same_as {main.Prefix}\n");
    }

    private static void AppendBlock(StringBuilder text, IDataPlane plane, Service service, IReadOnlyDictionary<uint, ulong> sessions)
    {
        text.Append($"{service.Vip.Key} {service.Key.Words} target_port {TargetPortWord(service)} ");
        text.Append($"{service.Vip.NatWord} new_len {service.TableLength}");
        text.Append($"{AffinityWord(service)}{NodePortWord(service)}{MasqueradeWords(service)}\n");
        foreach ((ServiceCounter counter, string name) in Counters)
        {
            text.Append($"  {name,-25} {plane.ReadServiceCounter(counter, service.Index)}\n");
        }

        if (service.Pods.Count == 0) text.Append("  no pods\n");
        else AppendPods(text, plane, service, sessions);
    }

    private static void AppendPods(StringBuilder text, IDataPlane plane, Service service, IReadOnlyDictionary<uint, ulong> sessions)
    {
        Dictionary<uint, int> shares = CountShares(service);
        var table = new TextTable("pod", "state", "#left", "#weight", "#slots", "#sessions", "#packets", "#bytes");
        foreach (Pod pod in service.Pods)
        {
            PacketCount count = plane.ReadPodCounter(pod.Slot);
            table.Add(
                $"{pod.Address}", pod.IsDraining ? "draining" : "active", DrainingPods.SecondsLeft(pod, plane) is ulong left ? $"{left}" : "-",
                $"{pod.Weight}", $"{shares.GetValueOrDefault(pod.Slot)}", $"{sessions.GetValueOrDefault(pod.Slot)}",
                $"{count.Packets}", $"{count.Bytes}");
        }

        table.WriteTo(text, "  ");
    }

    private static Dictionary<uint, int> CountShares(Service service)
    {
        var shares = new Dictionary<uint, int>();
        var entry = (ServiceEntry*)service.Entry.Start;
        if (entry->PodCount == 0) return shares;
        for (uint i = 0; i <= entry->TableMask; i++)
        {
            uint slot = ServiceEntry.Table(entry)[i];
            shares[slot] = shares.GetValueOrDefault(slot) + 1;
        }

        return shares;
    }

    private static string AffinityWord(Service service) => service.AffinitySeconds == 0 ? string.Empty : $" affinity {service.AffinitySeconds}";

    private static string NodePortWord(Service service) => service.NodePort is null ? string.Empty : $" node_port {service.NodePort.Port}";

    private static string MasqueradeWords(Service service) =>
        service.Masquerade is null ? string.Empty : $" masquerade {service.Masquerade}{(service.IsMasqueradeForOutside ? " outside" : string.Empty)}";

    private static string TargetPortWord(Service service) => service.TargetPort == 0 ? "kept" : $"{service.TargetPort}";
}
