using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>A VPP in which every contender has his interface, pods, services and tables.</summary>
internal sealed class Ground : IDisposable
{
    private const double LeastShareOfSessions = 0.999;
    private readonly RunOptions _options;
    private readonly List<string> _notes = [];

    public Ground(RunOptions options, Plan plan)
    {
        _options = options;
        Load = plan.Load;
        Flows = new FlowSet(plan.Load.Flows);
        Size = TableSize.For(Flows, plan.Load.Pods) with { TimeoutSeconds = options.TimeoutSeconds };
        Contenders = [.. ContenderList.Create(plan.Contenders, plan.Load).Where(IsWithin)];
        Vpp = MeasuredVpp.Start(new MeasuredVppOptions
        {
            Plugins = [.. Contenders.Select(contender => contender.Plugin).OfType<string>()],
            Sections = string.Join('\n', Contenders.Select(contender => contender.Startup(Size))),
            Core = options.Core,
            IsRealTime = options.IsRealTime,
        });
        Site.CreateClients(Vpp, Contenders.Select(contender => contender.Site.IsIp4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6));
        foreach (Contender contender in Contenders)
        {
            contender.Site.Create(Vpp);
            contender.Configure(Vpp, Size);
        }
    }

    public MeasuredVpp Vpp { get; }

    public Workload Load { get; }

    public FlowSet Flows { get; }

    public TableSize Size { get; }

    public IReadOnlyList<Contender> Contenders { get; }

    public void Dispose() => Vpp.Dispose();

    public void Note(string text)
    {
        if (!_notes.Contains(text))
            _notes.Add(text);
    }

    /// <summary>Throws for our own faults, notes others'.</summary>
    public void Judge(Contender contender, Way way, string? fault)
    {
        if (OutputCheck.Judge(contender, way, fault) is { } note)
            Note(note);
    }

    /// <summary>Puts the tables, now that every page was touched, on the pages that were asked for.</summary>
    public void SettlePages()
    {
        if (_options.Pages == PageChoice.Huge)
            HugePages.Collapse(Vpp.Pid);
    }

    public Dictionary<string, long?> CountSessions() => Contenders.ToDictionary(contender => contender.Name, contender => contender.CountSessions(Vpp));

    /// <summary>Nobody may gain or lose sessions while measured, and ours must have one for all but a few flows in a thousand.</summary>
    public void CheckSessions(IReadOnlyDictionary<string, long?> before)
    {
        foreach ((string name, long? after) in CountSessions())
        {
            long? count = before[name];
            bool isOurs = Contenders.First(contender => contender.Name == name) is KubeProxyContender;
            string text = $"{name} held {count} sessions of {Flows.Count} flows before and {after} after measuring";
            if (isOurs && (count < Flows.Count * LeastShareOfSessions || after < Flows.Count * LeastShareOfSessions))
                throw new TestbedException(text);
            if (count != after || (count is not null && count != Flows.Count))
                Note(text);
        }
    }

    public Circumstances Describe(IReadOnlyDictionary<string, long?> sessions) =>
        new(Size, sessions, _notes, HugePages.BytesOf(Vpp.Pid), Vpp.Cli("show version verbose"), Vpp.Cli("show cpu"));

    private bool IsWithin(Contender contender)
    {
        if (Flows.Count <= contender.MostFlows)
            return true;
        Note($"{contender.Name} is left out: it is measured with {contender.MostFlows:N0} flows or fewer");
        return false;
    }
}
