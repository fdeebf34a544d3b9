using System.Globalization;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Bench.Vpp.Hosts;

/// <summary>How a VPP is started for measuring.</summary>
internal sealed record MeasuredVppOptions
{
    /// <summary>VPP's own plugins, without "_plugin.so".</summary>
    public IReadOnlyList<string> Plugins { get; init; } = [];

    /// <summary>Further sections of the start-up file.</summary>
    public string Sections { get; init; } = "";

    /// <summary>Schedules VPP ahead of everything else on its core.</summary>
    public bool IsRealTime { get; init; }

    /// <summary>The core of VPP's main thread, which does all the work.</summary>
    public int Core { get; init; } = Environment.ProcessorCount - 1;
}

/// <summary>A VPP of our own that polls without a pause on its main thread: no workers, no sleep, release build as installed.</summary>
internal sealed class MeasuredVpp : PacketHost
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(30);
    private readonly string _vppctl;

    private MeasuredVpp(string program) : base(new RunDirectory("kp-bench-")) =>
        _vppctl = Path.Combine(Path.GetDirectoryName(program)!, "vppctl");

    public override string Name => "VPP under measurement";

    public override string CommandPrefix => $"{_vppctl} -s {SocketPath}";

    /// <summary>Starts VPP with our plugin and some of its own.</summary>
    public static MeasuredVpp Start(MeasuredVppOptions options)
    {
        VppInstallation installation = VppInstallation.Found ?? throw new TestbedException(VppInstallation.MissingReason);
        if (Artifacts.Missing(Artifacts.Plugin) is { } missing)
            throw new TestbedException(missing);
        MeasuredVpp vpp = new(installation.Program);
        try
        {
            vpp.Launch(installation, options);
            return vpp;
        }
        catch
        {
            vpp.Dispose();
            throw;
        }
    }

    /// <summary>Types a line that must print nothing, or only what matches.</summary>
    public void Do(string line, string? mayStartWith = null)
    {
        string printed = Cli(line);
        if (printed.Length != 0 && (mayStartWith is null || !printed.StartsWith(mayStartWith, StringComparison.Ordinal)))
            throw new TestbedException($"VPP answered to '{line}': {printed}");
    }

    /// <summary>A second connection, for who types while the first is busy.</summary>
    public CliConnection Connect() => new(SocketPath, telnet: true, CommandLimit);

    /// <summary>Clocks of all nodes while something goes on.</summary>
    public RuntimeReading Observe(Action meanwhile)
    {
        Do("clear runtime");
        ThreadTime time = ThreadTime.Start(Pid);
        meanwhile();
        double lost = time.LostShare();
        return new RuntimeReading(RuntimeTable.Parse(Cli("show runtime")), lost);
    }

    /// <summary>Creates packet generator interface pgN that writes what leaves by it nowhere.</summary>
    public void CreateSilentInterface(int number)
    {
        string name = CreatePacketInterface(number);
        Do($"packet-generator capture {name} disable");
    }

    /// <summary>A file of this run that no earlier call has named.</summary>
    public string NewFile(string extension) => RunDirectory.NewFile(extension);

    private void Launch(VppInstallation installation, MeasuredVppOptions options)
    {
        string plugins = RunDirectory.File("plugins");
        Directory.CreateDirectory(plugins);
        foreach (string name in options.Plugins)
            File.CreateSymbolicLink(Path.Combine(plugins, $"{name}_plugin.so"), Path.Combine(installation.PluginFolder, $"{name}_plugin.so"));
        File.CreateSymbolicLink(Path.Combine(plugins, "kubeproxy_plugin.so"), Artifacts.Plugin);
        string startup = RunDirectory.File("startup.conf");
        File.WriteAllText(startup, Configuration(plugins, options));
        Launch(installation.Program, ["-c", startup], telnet: true);
        if (options.IsRealTime)
            RealTime.Apply(Pid);
    }

    private string Configuration(string plugins, MeasuredVppOptions options)
    {
        string run = RunDirectory.File("run");
        Directory.CreateDirectory(run);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            unix { nodaemon cli-listen {{SocketPath}} log {{LogPath}} runtime-dir {{run}} }
            api-segment { prefix {{Path.GetFileName(RunDirectory.FullPath)}} }
            cpu { main-core {{options.Core}} }
            memory { main-heap-size 6G }
            buffers { buffers-per-numa 16384 }
            statseg { socket-name {{RunDirectory.File("stats.sock")}} }
            plugins { path {{plugins}} }
            logging { default-syslog-log-level disabled default-log-level info }
            {{options.Sections}}

            """);
    }
}
