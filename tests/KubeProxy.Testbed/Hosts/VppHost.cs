using System.Globalization;

namespace KubeProxy.Testbed.Hosts;

/// <summary>A VPP of our own: own folder, own sockets, only the plugins asked for. Several can live side by side.</summary>
public sealed class VppHost : PacketHost
{
    private readonly VppOptions _options;
    private readonly string _vppctl;

    private VppHost(VppOptions options, VppInstallation installation) : base(new RunDirectory("kp-vpp-"))
    {
        _options = options;
        _vppctl = Path.Combine(Path.GetDirectoryName(installation.Program)!, "vppctl");
    }

    public override string Name => $"VPP {VppInstallation.SupportedVersion} with {_options.Workers} worker{(_options.Workers == 1 ? "" : "s")}";

    public override int WorkerCount => _options.Workers;

    public override string CommandPrefix => $"{_vppctl} -s {SocketPath}";

    /// <summary>Does the VPP that these options ask for need cores which the machine does not have?</summary>
    public static bool NeedsMoreCores(VppOptions options) => options?.Workers + 1 > Environment.ProcessorCount;

    /// <summary>Null when such a VPP can run here, else the reason.</summary>
    public static string? Missing(VppOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (VppInstallation.Found is null)
            return VppInstallation.MissingReason;
        if (!Tool.IsRoot)
            return "VPP needs root";
        if (options.Plugin is not null && Artifacts.Missing(options.Plugin) is { } missing)
            return missing;
        return NeedsMoreCores(options) ? MoreCores.Missing(options.Workers + 1) : null;
    }

    public static VppHost Start(VppOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        VppInstallation installation = VppInstallation.Found ?? throw new TestbedException(VppInstallation.MissingReason);
        VppHost host = new(options, installation);
        try
        {
            host.Launch(installation);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Another connection to the command socket, for lines of another thread.</summary>
    public CliConnection Connect(TimeSpan limit) => new(SocketPath, telnet: true, limit);

    /// <summary>A file in the host's own folder that does not exist yet.</summary>
    public string NewFile(string extension) => RunDirectory.NewFile(extension);

    public override void TypeAll(IReadOnlyCollection<string> lines)
    {
        if (lines.Count == 0)
            return;
        string file = RunDirectory.NewFile("exec");
        File.WriteAllLines(file, lines);
        Expect("", $"exec {file}");
        File.Delete(file);
    }

    /// <summary>Files of shared memory that bear the name of this VPP: its API's, which one that ends by a signal of the hard kind leaves there.</summary>
    public IReadOnlyList<string> SharedMemory => [.. Directory.EnumerateFiles("/dev/shm", $"{Path.GetFileName(RunDirectory.FullPath)}-*")];

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        foreach (string file in SharedMemory)
            File.Delete(file);
    }

    private void Launch(VppInstallation installation)
    {
        string plugins = RunDirectory.File("plugins");
        Directory.CreateDirectory(plugins);
        // VPP's own plugins by link, ours as a copy: a build may replace the file while VPP has it mapped.
        string[] own = [.. _options.Plugins, .. _options.PluginsIfThere.Where(installation.Has)];
        foreach (string name in own)
            Link(plugins, installation.PluginFile(name));
        foreach (string name in _options.Plugin is null ? [] : _options.PluginNames)
            File.Copy(_options.Plugin!, Path.Combine(plugins, name));
        string startup = RunDirectory.File("startup.conf");
        File.WriteAllText(startup, Configuration(plugins, own));
        string[] command = [installation.Program, "-c", startup];
        if (NeedsMoreCores(_options))
            command = MoreCores.Wrap(RunDirectory, _options.Workers + 1, command);
        Launch(command[0], command[1..], telnet: true);
    }

    private static void Link(string folder, string file)
    {
        if (!File.Exists(file))
            throw new TestbedException($"VPP has no {file}");
        File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
    }

    private string Configuration(string plugins, IEnumerable<string> own)
    {
        string run = RunDirectory.File("run");
        Directory.CreateDirectory(run);
        // Some of VPP's plugins are off unless they are asked for by name.
        string enabled = string.Concat(own.Select(name => $" plugin {name}_plugin.so {{ enable }}"));
        string workers = _options.Workers == 0 ? "" : $" workers {_options.Workers}";
        return string.Create(CultureInfo.InvariantCulture, $$"""
            unix { nodaemon cli-listen {{SocketPath}} log {{LogPath}} full-coredump runtime-dir {{run}} poll-sleep-usec {{_options.PollSleepMicroseconds}} }
            api-segment { prefix {{Path.GetFileName(RunDirectory.FullPath)}} }
            cpu { main-core 0{{workers}} }
            memory { main-heap-size {{_options.MainHeapSize}} }
            buffers { buffers-per-numa {{_options.BuffersPerNuma}} }
            statseg { size {{_options.StatsSegmentSize}} socket-name {{RunDirectory.File("stats.sock")}} }
            plugins { path {{plugins}}{{enabled}} {{_options.PluginWords}} }
            logging { default-syslog-log-level disabled default-log-level info }

            """);
    }
}
