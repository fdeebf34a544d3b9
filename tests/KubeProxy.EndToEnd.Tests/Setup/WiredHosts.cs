using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>The hosts that kernels are cabled to, each started for its story alone.</summary>
public static class WiredHosts
{
    private const string Alone = "vpp, no worker";
    private const string WithOneWorker = "vpp, one worker";
    private const string Embedded = "embedded";

    public static IReadOnlyList<string> Names { get; } = [Alone, WithOneWorker, Embedded];

    /// <summary>Those that find the ports of fragments.</summary>
    public static IReadOnlyList<string> WithReassembly { get; } = [Alone, WithOneWorker];

    /// <summary>A host by its name; skips the test where it cannot run.</summary>
    public static IPacketHost Start(string name)
    {
        SkipUnlessAvailable(name == Embedded ? KuHost.Missing : VppHost.Missing(Options(name)));
        return name == Embedded ? KuHost.Start() : VppHost.Start(Options(name));
    }

    /// <summary>VPP without the plugin.</summary>
    public static IPacketHost StartPlainVpp()
    {
        VppOptions options = Options(Alone) with { Plugin = null };
        SkipUnlessAvailable(VppHost.Missing(options));
        return VppHost.Start(options);
    }

    private static void SkipUnlessAvailable(string? hostMissing)
    {
        string? missing = NetworkNamespace.Missing() ?? (Tool.Find("curl") is null ? "'curl' is not installed" : null) ?? hostMissing;
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    private static VppOptions Options(string name) => new() { Workers = name == WithOneWorker ? 1 : 0, Plugins = ["af_packet", "ping"] };
}
