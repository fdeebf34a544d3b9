namespace KubeProxy.Testbed.Hosts;

/// <summary>How a VPP is started.</summary>
public sealed record VppOptions
{
    public int Workers { get; init; }

    /// <summary>The plugin file to load beside VPP's own; null for none.</summary>
    public string? Plugin { get; init; } = Artifacts.Plugin;

    /// <summary>Names under which the plugin's file lies in VPP's folder.</summary>
    public IReadOnlyList<string> PluginNames { get; init; } = ["kubeproxy_plugin.so"];

    /// <summary>More words of VPP's section <c>plugins</c>.</summary>
    public string PluginWords { get; init; } = "";

    /// <summary>VPP's own plugins to load, without "_plugin.so".</summary>
    public IReadOnlyList<string> Plugins { get; init; } = [];

    /// <summary>Those of VPP's own plugins to load that a VPP may have been built without; <see cref="VppInstallation.Has"/> says so.</summary>
    public IReadOnlyList<string> PluginsIfThere { get; init; } = [];

    /// <summary>How long each thread pauses between two rounds of its loop, for tests that shall leave the cores to others; 0 is not at all.</summary>
    public int PollSleepMicroseconds { get; init; } = 100;

    public int BuffersPerNuma { get; init; } = 32768;

    /// <summary>VPP's main heap, in VPP's words.</summary>
    public string MainHeapSize { get; init; } = "1G";

    /// <summary>VPP's memory of counters, in VPP's words.</summary>
    public string StatsSegmentSize { get; init; } = "32M";
}
