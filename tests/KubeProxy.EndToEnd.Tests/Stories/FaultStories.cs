using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Faults in the plugin's own code, planted into its machine code: an exception stays within the plugin, a crash is told by VPP with the function's name.</summary>
public sealed class FaultStories : IDisposable
{
    private const string Core = "KubeProxy_Core_KubeProxy_Core_";
    private const string Plugin = "kubeproxy_plugin_KubeProxy_Plugin_";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly RunDirectory _directory = new("kp-fault-");

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Trait("Check", "RT-04")]
    public void AnExceptionInACommandIsItsError()
    {
        using Life life = Throwing($"{Core}Commands_ShowRuntime__Run");
        for (int i = 0; i < 100; i++)
            Assert.StartsWith($"show kube-proxy runtime: internal error: {SpoiltPlugin.Thrown}", life.Host.Cli("show ku runtime"), StringComparison.Ordinal);
        life.AssertServed();
    }

    [Fact]
    [Trait("Check", "RT-04")]
    public void AnExceptionInMaintenanceIsLogged()
    {
        using VppHost host = Start(Spoilt(SpoiltPlugin.Throwing, $"{Core}Services_ServiceCatalog__Maintain"));
        WaitForLog(host, "maintenance: ");
        Assert.Contains($"internal error: {SpoiltPlugin.Thrown}", host.Cli("show ku"), StringComparison.Ordinal);
        Assert.True(host.IsAlive);
    }

    [Fact]
    [Trait("Check", "RT-04")]
    public void AnExceptionInATraceLeavesItsLineOut()
    {
        using Life life = Throwing($"{Plugin}Nodes_PacketTrace__Describe");
        string trace = life.Trace();
        Assert.Contains("kp4-nat4", trace, StringComparison.Ordinal);
        Assert.DoesNotContain("service ", trace, StringComparison.Ordinal);
        life.AssertServed();
    }

    [Fact]
    [Trait("Check", "RT-04")]
    public void AnExceptionWhenAnInterfaceGoesIsLogged()
    {
        using Life life = Throwing($"{Core}Services_ReturnInterfaces__Forget");
        life.Host.Cli("create loopback interface");
        life.Host.Cli("delete loopback interface intfc loop0");
        WaitForLog(life.Host, "was deleted and could not be forgotten");
        life.AssertServed();
    }

    [Theory]
    [Trait("Check", "RT-04")]
    [InlineData($"{Plugin}Nodes_NodeRegistration__RegisterAll")]
    [InlineData($"{Plugin}Cli_CliRegistration__RegisterAll")]
    public void AnExceptionAtTheStartLeavesVppWithoutThePlugin(string function)
    {
        using VppHost host = Start(Spoilt(SpoiltPlugin.Throwing, function));
        Assert.Contains("not started: ", host.Log + host.Cli("show logging"), StringComparison.Ordinal);
        Assert.Contains("unknown input", host.Cli("ku vip 90.1.2.3 port 80"), StringComparison.Ordinal);
        Assert.True(host.IsAlive);
    }

    /// <summary>An exception that nobody foresaw in the middle of a change: the line fails, and nothing of it stays.</summary>
    [Theory]
    [Trait("Check", "RT-04")]
    [InlineData($"{Plugin}Routes_PodRoutes__Stack")]
    [InlineData($"{Plugin}Routes_PodRoutes__Follow")]
    public void AnExceptionInTheMiddleOfAChangeChangesNothing(string function)
    {
        using Life life = new(Options(Spoilt(SpoiltPlugin.Throwing, function)));
        life.Host.Cli("ku vip 90.1.2.9 port 80 protocol tcp");
        string before = HostState.Of(life.Host);
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains($"internal error: {SpoiltPlugin.Thrown}", life.Host.Cli("ku pod 90.1.2.9 port 80 10.2.0.11 10.2.0.12"), StringComparison.Ordinal);
            Assert.Equal(before, HostState.Of(life.Host));
        }

        Assert.Equal("", life.Host.Cli("ku vip 90.1.2.9 port 80 protocol tcp del"));
    }

    /// <summary>The runtime's own handler would hide where it was; VPP's is put back at the start.</summary>
    [Theory]
    [Trait("Check", "RT-03")]
    [InlineData($"{Core}Commands_ShowRuntime__Run", 0)]
    [InlineData($"{Core}Commands_ShowRuntime__Run", 1)]
    [InlineData($"{Plugin}Nodes_ForwardNode__Run4", 0)]
    [InlineData($"{Plugin}Nodes_ForwardNode__Run4", 1)]
    public void ACrashIsToldByVppWithTheFunctionsName(string function, int workers)
    {
        using Life life = new(Options(Spoilt(SpoiltPlugin.Crashing, function), workers));
        TestbedException told = Assert.Throws<TestbedException>(() =>
        {
            life.Host.Cli("show ku runtime");
            life.AssertServed();
            WaitForLog(life.Host, "what is never there");
        });
        Assert.Contains("received signal SIGSEGV", told.Message, StringComparison.Ordinal);
        Assert.Contains("faulting address 0x0", told.Message, StringComparison.Ordinal);
        Assert.Contains("#0  ", told.Message, StringComparison.Ordinal);
        Assert.Contains($"{function} + 0x", told.Message, StringComparison.Ordinal);
    }

    private static void WaitForLog(IPacketHost host, string words) => Wait.Until(
        () => (host.Log + host.Cli("show logging")).Contains(words, StringComparison.Ordinal), Limit, $"'{words}' in the log");

    private static VppOptions Options(string plugin, int workers = 0) => new() { Plugin = plugin, Workers = workers };

    private static VppHost Start(string plugin)
    {
        Assert.SkipWhen(VppHost.Missing(Options(plugin)) is not null, VppHost.Missing(Options(plugin)) ?? "");
        return VppHost.Start(Options(plugin));
    }

    /// <summary>The plugin with a fault; skips the test where none can be planted.</summary>
    private string Spoilt(Func<RunDirectory, string, string> plant, string function)
    {
        Assert.SkipWhen(SpoiltPlugin.Missing is not null, SpoiltPlugin.Missing ?? "");
        return plant(_directory, function);
    }

    private Life Throwing(string function)
    {
        Life life = new(Options(Spoilt(SpoiltPlugin.Throwing, function)));
        life.AssertServed();
        return life;
    }

    private sealed class OwnVpp(VppOptions options) : VppFixture(options);

    private sealed class Life(VppOptions options) : Story(new OwnVpp(options))
    {
        private Service? _service;

        public new IPacketHost Host => base.Host;

        private Service Service => _service ??= Cluster.Add(Family.Ip4, Transport.Udp, 53);

        public void AssertServed() => Converse(Service, [.. Enumerable.Range(0, 20).Select(i => FlowTo(Service, Transport.Udp, i))]);

        public string Trace() => Traced(() => ClientsSend(FromClient(FlowTo(Service, Transport.Udp, 1))));

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Lab.Dispose();
        }
    }
}
