using System.Net;
using System.Text;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Commands;

/// <summary>
/// <c>show kube-proxy why</c>: makes one packet, sends it through the nodes' own code, and explains what becomes of it.
/// Nothing is sent, counted or remembered.
/// </summary>
internal static unsafe class ShowWhy
{
    /// <summary>Its grammar.</summary>
    public const string Help = "show kube-proxy why tcp|udp|sctp <client> <client-port> <address> <port> [table <id>]";

    /// <summary>The text.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        Flow flow = Read(line);
        catalog.Maintain();
        var text = new StringBuilder();
        Append(text, "packet", $"{ServiceKey.NameOf(flow.Protocol)} {flow.Client} -> {flow.Destination}{VipKey.TableWords(flow.Table)}");
        ushort port = (ushort)flow.Destination.Port;
        if (catalog.FindCovering(flow.Destination.Address, flow.Table) is Vip vip)
        {
            Append(text, "vip", $"{vip.Key}");
            Service? service = (vip.SameAs ?? vip).Match(flow.Protocol, port);
            Explain(text, catalog.Plane, flow, vip.Slot, service, service is null ? "none" : Describe(service));
        }
        else if (flow.Table == 0 && catalog.FindNodePort(flow.Client.AddressFamily, flow.Protocol, port) is Service service)
        {
            Append(text, "vip", $"none; node port {port} on the node's own addresses");
            Explain(text, catalog.Plane, flow, service.NodePort!.Slot, service, $"{Describe(service)} of VIP {service.Vip.Key}");
        }
        else
        {
            Append(text, "vip", "none: the packet is not for a service");
        }

        return text.ToString().TrimEnd();
    }

    private static void Explain(StringBuilder text, IDataPlane plane, Flow flow, uint vipSlot, Service? service, string words)
    {
        ProbeView probe = plane.Probe(new ProbeRequest(
            flow.Protocol, flow.Client, flow.Destination, vipSlot, service?.Index ?? 0, service?.AffinitySeconds ?? 0, flow.Table)
        {
            IsTranslated = service?.Vip.IsTranslated ?? false,
        });
        Append(text, "service", words);
        Append(text, "session", probe.Session is SessionView session ? $"thread {session.Worker}, idle {session.IdleSeconds} s" : "none");
        if (service is not null) AppendPods(text, service, probe);
        if (probe.DropReason is not null) Append(text, "drop", probe.DropReason);
        else Append(text, "rewrite", $"destination {flow.Destination} -> {probe.Rewritten}");
        if (probe is { DropReason: null, Source: IPEndPoint source }) Append(text, "source", SourceWords(flow.Client, source, probe.Session is not null));
        if (probe is { DropReason: null, Session: null, IsRemembered: false }) Append(text, "note", "the flow would not be remembered: no room");
    }

    private static Flow Read(string line)
    {
        var words = new WordReader(line);
        string word = words.Next("a protocol is missing: tcp, udp or sctp");
        byte protocol = word switch
        {
            "tcp" => IpProtocol.Tcp,
            "udp" => IpProtocol.Udp,
            "sctp" => IpProtocol.Sctp,
            _ => throw new CommandException($"protocol {Quote.Word(word)} is none of tcp, udp, sctp"),
        };
        IPEndPoint client = ReadEndPoint(words, "client");
        IPEndPoint destination = ReadEndPoint(words, "destination");
        uint table = words.TryNextIf(next => next == "table", out word) ? words.NumberOf(word, 0, VipKey.MaxTable) : 0;
        words.End();
        if (client.AddressFamily == destination.AddressFamily) return new Flow(protocol, client, destination, table);
        throw new CommandException($"{client.Address} and {destination.Address} are not of one family");
    }

    private static IPEndPoint ReadEndPoint(WordReader words, string whose)
    {
        IPAddress address = AddressParser.Parse(words.Next($"the {whose}'s address is missing"));
        uint port = Numbers.Parse($"{whose} port", words.Next($"the {whose}'s port is missing"), 1, ushort.MaxValue);
        return new IPEndPoint(address, (int)port);
    }

    // Which port a new session gets is up to the worker that its first packet comes to.
    private static string SourceWords(IPEndPoint client, IPEndPoint source, bool isKnown) =>
        isKnown || source.Port == client.Port ? $"{client} -> {source}" : $"{client} -> {source.Address}, a port of the worker's";

    private static string Describe(Service service)
    {
        string target = service.TargetPort == 0 ? "kept" : $"{service.TargetPort}";
        string affinity = service.AffinitySeconds == 0 ? string.Empty : $" affinity {service.AffinitySeconds}";
        return $"{service.Key.Words} target_port {target} new_len {service.TableLength}{affinity}";
    }

    private static void AppendPods(StringBuilder text, Service service, ProbeView probe)
    {
        if (service.Pods.Count == 0) return;
        var entry = (ServiceEntry*)service.Entry.Start;
        uint tableSlot = probe.ChoiceHash & entry->TableMask;
        uint named = entry->PodCount == 0 ? 0 : ServiceEntry.Choose(entry, probe.ChoiceHash);
        var table = new TextTable("pod", "state", "verdict");
        foreach (Pod pod in service.Pods)
            table.Add(pod.EndPoint, pod.IsDraining ? "draining" : "active", Verdict(pod, probe, tableSlot, named));
        table.WriteTo(text, "  ");
    }

    private static string Verdict(Pod pod, ProbeView probe, uint tableSlot, uint named)
    {
        bool isNamed = pod.Slot == named;
        if (pod.Slot == probe.PodSlot && probe.DropReason is null)
        {
            if (probe.Session is not null) return "chosen: the session names it";
            if (pod.Slot == probe.AffinityPodSlot) return "chosen: its client's affinity names it";
            return isNamed ? $"chosen: slot {tableSlot} of the table names it" : "chosen: the flow's next pod";
        }

        if (probe.Session is not null) return "the session names another";
        if (!pod.TakesNewFlows) return "takes no new flows";
        if (probe.AffinityPodSlot != 0) return "its client's affinity names another";
        return isNamed ? $"slot {tableSlot} of the table names it, but its answers would be another session's" : $"slot {tableSlot} of the table names another";
    }

    private static void Append(StringBuilder text, string name, string value) => text.Append(name.PadRight(9)).Append(value).Append('\n');

    private readonly record struct Flow(byte Protocol, IPEndPoint Client, IPEndPoint Destination, uint Table);
}
