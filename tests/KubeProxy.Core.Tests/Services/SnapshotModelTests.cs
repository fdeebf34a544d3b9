using System.Net;
using System.Net.Sockets;
using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Random sequences of changes: after every step the workers' view equals a plain model of the configuration.</summary>
public unsafe class SnapshotModelTests
{
    private const ushort NodePort = 30080;
    private static readonly string[] Prefixes = ["90.0.0.0/8", "90.1.0.0/16", "2003::/16"];
    private static readonly string[] Names = ["", "port 80", "port 53 protocol udp", "port 80 protocol tcp", "protocol tcp"];
    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Int[0, 9], Gen.Int[0, Prefixes.Length - 1], Gen.Int[0, Names.Length - 1], Gen.Int[1, 3], Gen.Int[1, 5],
        (kind, prefix, name, first, second) => new Step(kind, prefix, name, first, second));

    [Fact]
    public void WorkersSeeWhatTheModelSays() =>
        Steps.List[1, 40].Sample(
            steps =>
            {
                using var fixture = new CatalogFixture();
                var model = new Model();
                foreach (Step step in steps) Take(fixture, model, step);
                foreach (string prefix in Prefixes) DeleteAll(fixture, model, prefix);
                Assert.Equal(1, fixture.Plane.BlockCount);
            },
            iter: 300);

    private static void Take(CatalogFixture fixture, Model model, Step step)
    {
        string line = LineOf(step);
        Disturb(fixture, step);
        bool isRefused = false;
        try
        {
            fixture.Run(line);
        }
        catch (CommandException)
        {
            isRefused = true;
        }

        Assert.Equal(isRefused, !model.TryRun(step));
        Compare(fixture, model);
    }

    // Sessions come and go: removed pods drain or are forgotten.
    private static void Disturb(CatalogFixture fixture, Step step)
    {
        if (step.Second == 1) fixture.Plane.SessionCounts.Clear();
        else if (step.Second == 2) fixture.Plane.SessionCounts[(uint)step.First] = 1;
        fixture.Plane.HoldsRetired = step.Second == 3;
        if (step.Second != 3) fixture.Plane.PassQuiescentPoint();
    }

    private static void Compare(CatalogFixture fixture, Model model)
    {
        int vips = model.Services.Select(service => service.Key.Prefix).Distinct().Count();
        Assert.Equal(vips + model.NodePorts.Count, SnapshotReader.CountVips(fixture.Plane.Published));
        CompareNodePorts(fixture, model);
        Assert.Equal(model.Services.Count, fixture.Catalog.ServiceCount);
        foreach (Vip vip in fixture.Catalog.Vips)
        {
            string prefix = vip.Prefix.ToString();
            Assert.Equal(vip.Prefix, fixture.Plane.InstalledVips[vip.Slot].Prefix);
            int serving = model.KeysOf(prefix).Count(key => model.Lookup(prefix, key.Protocol, key.Port) is { Count: > 0 });
            Assert.Equal(serving > 0 ? 1 : 0, fixture.Native(prefix)->IsServing);
            foreach (byte protocol in new byte[] { IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp })
            {
                foreach (ushort port in new ushort[] { 53, 80, 81 }) CompareLookup(fixture, model, vip, protocol, port);
            }
        }
    }

    private static void CompareLookup(CatalogFixture fixture, Model model, Vip vip, byte protocol, ushort port)
    {
        ServiceEntry* entry = VipEntry.Find(Snapshot.FindVip(fixture.Plane.Published, vip.Slot), protocol, Be16.FromHost(port).Wire);
        SortedSet<string>? expected = model.Lookup(vip.Prefix.ToString(), protocol, port);
        Assert.Equal(expected is null, entry == null);
        if (expected is null) return;
        Assert.Equal((uint)expected.Count, entry->PodCount);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        for (uint i = 0; entry->PodCount > 0 && i <= entry->TableMask; i++)
        {
            uint slot = ServiceEntry.Table(entry)[i];
            RecordReader.AssertSays(&fixture.Plane.Pods[slot], fixture.Catalog.FindPod(slot)!);
            Assert.Equal(entry->ServiceIndex, fixture.Plane.Pods[slot].ServiceIndex);
            found.Add(fixture.Catalog.FindPod(slot)!.Address.ToString());
        }

        Assert.Equal(expected, found);
    }

    // A node port leads to the very service entry that the VIP has.
    private static void CompareNodePorts(CatalogFixture fixture, Model model)
    {
        Assert.Equal(model.NodePorts.Count, fixture.Plane.NodePorts.Count);
        Assert.Equal(model.NodePorts.Count > 0, fixture.Plane.AsksForNodePorts);
        foreach (((bool isIp6, byte protocol), (string prefix, ServiceKey key)) in model.NodePorts)
        {
            AddressFamily family = isIp6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
            VipEntry* entry = Snapshot.FindVip(fixture.Plane.Published, fixture.Plane.NodePorts[(family, protocol, NodePort)]);
            Assert.Equal((1u, fixture.Vip(prefix).Slot), (entry->ServiceCount, entry->MainSlot));
            ServiceEntry* service = VipEntry.Find(fixture.Native(prefix), protocol, Be16.FromHost(key.Port).Wire);
            Assert.True(service == VipEntry.Find(entry, protocol, Be16.FromHost(NodePort).Wire));
        }
    }

    private static void DeleteAll(CatalogFixture fixture, Model model, string prefix)
    {
        foreach (ServiceKey key in model.KeysOf(prefix)) fixture.Run($"ku vip {prefix} {key.Words} del");
        fixture.Plane.SessionCounts.Clear();
        fixture.Plane.HoldsRetired = false;
        fixture.Plane.PassQuiescentPoint();
        fixture.Catalog.Maintain();
    }

    private static string LineOf(Step step)
    {
        string prefix = Prefixes[step.Prefix];
        string pods = string.Join(' ', PodsOf(step));
        return step.Kind switch
        {
            0 or 1 => $"ku vip {prefix} {Names[step.Name]} new_len 16{(AsksForNodePort(step) ? $" node_port {NodePort}" : "")}",
            2 => $"ku vip {prefix} {Names[step.Name]} del",
            3 or 4 => $"ku pod {prefix} {Names[step.Name]} {pods}",
            5 => $"ku pod {prefix} {Names[step.Name]} {pods} del",
            6 or 7 => $"ku pod {prefix} {Names[step.Name]} {pods} weight {WeightOf(step)}",
            8 => $"ku pod {prefix} {Names[step.Name]} {pods} drain {(step.First == 1 ? "1000" : "")}",
            _ => $"ku pod {prefix} {Names[step.Name]} {pods} drain 0",
        };
    }

    // The only number that is ever asked for, so that services clash often.
    private static bool AsksForNodePort(Step step) => step.Kind == 1 && Names[step.Name].Contains("port", StringComparison.Ordinal);

    private static uint WeightOf(Step step) => (uint)(step.First - 1 + (step.Second / 4));

    private static IEnumerable<string> PodsOf(Step step)
    {
        string start = Prefixes[step.Prefix].Contains(':', StringComparison.Ordinal) ? "2001::" : "10.0.0.";
        yield return start + step.First;
        if (step.Second > step.First) yield return start + step.Second;
    }

    private sealed record ModelPod(uint Weight, bool IsHeldBack);

    private sealed record Step(int Kind, int Prefix, int Name, int First, int Second);

    /// <summary>The same rules once more, as plainly as they can be said.</summary>
    private sealed class Model
    {
        public Dictionary<(string Prefix, ServiceKey Key), Dictionary<string, ModelPod>> Services { get; } = [];

        public Dictionary<(bool IsIp6, byte Protocol), (string Prefix, ServiceKey Key)> NodePorts { get; } = [];

        public List<ServiceKey> KeysOf(string prefix) => [.. Services.Keys.Where(key => key.Prefix == prefix).Select(key => key.Key)];

        public SortedSet<string>? Lookup(string prefix, byte protocol, ushort port)
        {
            Dictionary<string, ModelPod>? pods = Services.GetValueOrDefault((prefix, new ServiceKey(protocol, port)))
                ?? Services.GetValueOrDefault((prefix, new ServiceKey(protocol, 0)))
                ?? Services.GetValueOrDefault((prefix, new ServiceKey(IpProtocol.Any, 0)));
            if (pods is null) return null;
            return new(pods.Where(pod => pod.Value.Weight > 0 && !pod.Value.IsHeldBack).Select(pod => pod.Key), StringComparer.Ordinal);
        }

        public bool TryRun(Step step)
        {
            string prefix = Prefixes[step.Prefix];
            ServiceKey[] named = KeysNamed(Names[step.Name]);
            if (step.Kind <= 1) return TryAdd(prefix, named, AsksForNodePort(step));
            List<ServiceKey> meant = Meant(prefix, named, step.Name);
            if (meant.Count == 0) return false;
            if (step.Kind == 2) return meant.All(key => TryDelete(prefix, key));
            return step.Kind switch
            {
                3 or 4 => TryAddPods(prefix, meant, PodsOf(step), null),
                6 or 7 => TryAddPods(prefix, meant, PodsOf(step), WeightOf(step)),
                8 => TryDrainPods(prefix, meant, PodsOf(step)),
                _ => TryRemovePods(prefix, meant, PodsOf(step)),
            };
        }

        private bool TryAdd(string prefix, ServiceKey[] keys, bool asksForNodePort)
        {
            if (keys.Any(key => Services.ContainsKey((prefix, key)))) return false;
            if (asksForNodePort && keys.Any(key => NodePorts.ContainsKey((IsIp6(prefix), key.Protocol)))) return false;
            foreach (ServiceKey key in keys)
            {
                Services[(prefix, key)] = [];
                if (asksForNodePort) NodePorts[(IsIp6(prefix), key.Protocol)] = (prefix, key);
            }

            return true;
        }

        private bool TryDelete(string prefix, ServiceKey key)
        {
            if (NodePorts.TryGetValue((IsIp6(prefix), key.Protocol), out (string, ServiceKey) owner) && owner == (prefix, key))
                NodePorts.Remove((IsIp6(prefix), key.Protocol));
            return Services.Remove((prefix, key));
        }

        private static bool IsIp6(string prefix) => prefix.Contains(':', StringComparison.Ordinal);

        private bool TryAddPods(string prefix, List<ServiceKey> meant, IEnumerable<string> pods, uint? weight)
        {
            bool serves = meant.Any(key => pods.Any(pod => Services[(prefix, key)].TryGetValue(pod, out ModelPod? there) && !there.IsHeldBack));
            if (weight is null && serves) return false;
            foreach (Dictionary<string, ModelPod> service in meant.Select(key => Services[(prefix, key)]))
                foreach (string pod in pods) service[pod] = new(weight ?? service.GetValueOrDefault(pod)?.Weight ?? 1, IsHeldBack: false);
            return true;
        }

        private bool TryDrainPods(string prefix, List<ServiceKey> meant, IEnumerable<string> pods)
        {
            if (!AreThere(prefix, meant, pods)) return false;
            foreach (Dictionary<string, ModelPod> service in meant.Select(key => Services[(prefix, key)]))
                foreach (string pod in pods.Where(service.ContainsKey)) service[pod] = service[pod] with { IsHeldBack = true };
            return true;
        }

        private bool TryRemovePods(string prefix, List<ServiceKey> meant, IEnumerable<string> pods)
        {
            if (!AreThere(prefix, meant, pods)) return false;
            foreach (ServiceKey key in meant)
                foreach (string pod in pods) Services[(prefix, key)].Remove(pod);
            return true;
        }

        private bool AreThere(string prefix, List<ServiceKey> meant, IEnumerable<string> pods) =>
            pods.All(pod => meant.Any(key => Services[(prefix, key)].ContainsKey(pod)));

        private List<ServiceKey> Meant(string prefix, ServiceKey[] named, int name)
        {
            List<ServiceKey> all = KeysOf(prefix);
            List<ServiceKey> exact = [.. all.Intersect(named)];
            if (Names[name].Contains("port", StringComparison.Ordinal)) return exact;
            if (name == 4 && exact.Count > 0) return exact;
            List<ServiceKey> candidates = name == 4 ? [.. all.Where(key => key.Protocol == IpProtocol.Tcp)] : all;
            bool areOne = candidates.Count <= 1 || (candidates[0].Port != 0 && candidates.All(key => key.Port == candidates[0].Port));
            return areOne ? candidates : [];
        }

        private static ServiceKey[] KeysNamed(string name) => name switch
        {
            "" => [new(IpProtocol.Any, 0)],
            "port 80" => [new(IpProtocol.Tcp, 80), new(IpProtocol.Udp, 80)],
            "port 53 protocol udp" => [new(IpProtocol.Udp, 53)],
            "port 80 protocol tcp" => [new(IpProtocol.Tcp, 80)],
            _ => [new(IpProtocol.Tcp, 0)],
        };
    }
}
