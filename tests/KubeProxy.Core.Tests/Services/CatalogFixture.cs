using System.Net;
using System.Text;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>A catalog over a <see cref="FakeDataPlane"/>, driven with the same lines that users type.</summary>
internal sealed unsafe class CatalogFixture : IDisposable
{
    private readonly uint _comparedSlots;
    private readonly CommandRegistry _registry;

    public CatalogFixture(uint vips = 4096, uint services = 4096, uint podSlots = 4096)
    {
        _comparedSlots = Math.Min(podSlots, 256);
        Plane = new FakeDataPlane(podSlots);
        Catalog = new ServiceCatalog(Plane, new CatalogLimits(vips, services, podSlots));
        _registry = new CommandRegistry(Catalog);
    }

    public FakeDataPlane Plane { get; }

    public ServiceCatalog Catalog { get; }

    public IReadOnlyList<Command> Commands => _registry.Commands;

    public void Dispose() => Plane.Dispose();

    /// <summary>Runs a line; every word of the path may be abbreviated, as in VPP.</summary>
    public string Run(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Command? best = null;
        int bestLength = 0;
        foreach (Command command in Commands)
        {
            string[] path = command.Path.Split(' ');
            bool isBetter = path.Length > bestLength || (path.Length == bestLength && path[^1] == words[path.Length - 1]);
            if (isBetter && IsMatch(path, words))
            {
                best = command;
                bestLength = path.Length;
            }
        }

        Assert.NotNull(best);
        return best.Run(string.Join(' ', words[bestLength..]));
    }

    public void RunAll(params string[] lines)
    {
        foreach (string line in lines) Run(line);
    }

    /// <summary>False, with its message, for a line that ended at <see cref="FakeDataPlane.FailAfter"/>, which counts no more afterwards.</summary>
    public bool TryRun(string line, out string message)
    {
        message = string.Empty;
        try
        {
            Run(line);
        }
        catch (CommandException exception)
        {
            message = exception.Message;
        }

        Assert.Equal(Plane.HasFailed, message.Length > 0);
        Plane.FailAfter = 0;
        return message.Length == 0;
    }

    /// <summary>The error of a line that must fail and change nothing.</summary>
    public string Fail(string line)
    {
        string before = Describe();
        string message = Assert.Throws<CommandException>(() => Run(line)).Message;
        Assert.Equal(before, Describe());
        return message;
    }

    public Vip Vip(string prefix, uint table = 0) => Catalog.GetVip(IPNetwork.Parse(prefix), table);

    public Service Service(string prefix, byte protocol, ushort port) => Vip(prefix).Find(new ServiceKey(protocol, port))!;

    public Pod Pod(string prefix, byte protocol, ushort port, string address) => Service(prefix, protocol, port).Find(IPAddress.Parse(address))!;

    public VipEntry* Native(string prefix) => Snapshot.FindVip(Plane.Published, Vip(prefix).Slot);

    /// <summary>All that users, workers and the router can see.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        text.AppendLine(Run("show ku")).AppendLine(Run("show ku vip")).AppendLine(Run("show ku vip verbose"));
        text.Append(SnapshotReader.Describe(Plane.Published));
        foreach ((uint slot, VipKey vip) in Plane.InstalledVips) text.Append(slot).Append(vip).Append('\n');
        text.Append(Plane.AsksForNodePorts).Append('\n');
        foreach (((var family, byte protocol, ushort port), uint slot) in Plane.NodePorts) text.Append($"{family} {protocol} {port} {slot}\n");
        foreach ((uint slot, IPAddress address) in Plane.FollowedPods) text.Append(slot).Append(address).Append(VipKey.TableWords(Plane.PodTables[slot])).Append('\n');
        foreach ((uint index, var family) in Plane.Features) text.Append(index).Append(family).Append('\n');
        text.AppendLine(Convert.ToHexString(new ReadOnlySpan<byte>(Plane.Pods, (int)_comparedSlots * PodRecord.SizeBytes)));
        return text.Append(Plane.BlockCount).Append(' ').Append(Plane.UsedBytes).ToString();
    }

    private static bool IsMatch(string[] path, string[] words)
    {
        if (words.Length < path.Length) return false;
        for (int i = 0; i < path.Length; i++)
        {
            bool isKu = words[i] == "ku" && path[i] == "kube-proxy";
            if (!isKu && !path[i].StartsWith(words[i], StringComparison.Ordinal)) return false;
        }

        return true;
    }
}
