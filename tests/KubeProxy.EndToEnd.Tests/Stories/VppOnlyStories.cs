using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>How the plugin lives in VPP's process. Each story has a VPP of its own.</summary>
public sealed class VppOnlyStories
{
    [Fact]
    public void NoDotnetThreadMayRunOnAWorkersCore()
    {
        Assert.SkipUnless(Environment.ProcessorCount >= 2, "one core: there is no worker's core to keep free");
        using VppHost host = Start(new VppOptions { Workers = 1 });
        using Lab lab = new(host);
        lab.Type("ku vip 90.1.2.3/32 port 80 nat4");
        IReadOnlyList<(string Name, string Cores)> threads = HostUse.Threads(host);
        string workerCore = Assert.Single(threads, thread => thread.Name == "vpp_wk_0").Cores;
        (string Name, string Cores)[] others = [.. threads.Where(thread => thread.Name != "vpp_wk_0")];
        Assert.Contains(others, thread => thread.Name.StartsWith(".NET", StringComparison.Ordinal));
        foreach ((string name, string cores) in others.Where(thread => thread.Name.StartsWith(".NET", StringComparison.Ordinal)))
            Assert.False(CoresIn(cores).Contains(int.Parse(workerCore, CultureInfo.InvariantCulture)), $"thread '{name}' may run on cores {cores}, the worker has {workerCore}");
    }

    [Fact]
    [Trait("Check", "LIF-12")]
    public void APluginForAnotherVersionIsRefusedWithALogLineAndVppGoesOn()
    {
        using RunDirectory directory = new("kp-patch-");
        string patched = directory.File("other_version.so");
        SkipUnlessAvailable(new VppOptions());
        PatchRequiredVersion(Artifacts.Plugin, patched, "99.99");
        using VppHost host = Start(new VppOptions { Plugin = patched });
        using Lab lab = new(host);
        Assert.DoesNotContain("kubeproxy", host.Cli("show plugins"), StringComparison.Ordinal);
        Assert.Contains("kubeproxy_plugin.so version mismatch", host.Log + host.Cli("show logging"), StringComparison.Ordinal);
        Assert.NotEqual("", host.Cli("ku vip 90.1.2.3/32 port 80 nat4"));
        Assert.True(host.IsAlive);
    }

    [Fact]
    public void OnACpuWithoutTheInstructionSetThePluginSaysSoAndVppGoesOn()
    {
        using RunDirectory directory = new("kp-patch-");
        string patched = directory.File("other_cpu.so");
        SkipUnlessAvailable(new VppOptions());
        byte[] image = File.ReadAllBytes(Artifacts.Plugin);
        int at = image.AsSpan().IndexOf("x86-64-v3\0"u8);
        Assert.True(at > 0);
        image[at + "x86-64-v".Length] = (byte)'9';
        File.WriteAllBytes(patched, image);
        using VppHost host = Start(new VppOptions { Plugin = patched });
        using Lab lab = new(host);
        Assert.Contains("not started: this CPU lacks x86-64-v3", host.Log + host.Cli("show logging"), StringComparison.Ordinal);
        Assert.NotEqual("", host.Cli("ku vip 90.1.2.3/32 port 80 nat4"));
        Assert.True(host.IsAlive);
    }

    /// <summary>Before the first packet a VPP thread runs no node: its idea of the time must not start there.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void SessionsGrowOldInAVppThatWasIdleAtItsStart(int workers)
    {
        using VppHost host = Start(new VppOptions { Workers = workers });
        using Lab lab = new(host);
        using Cluster cluster = new(lab);
        Service service = cluster.Add(Family.Ip4, Transport.Udp, 53);
        Stopwatch up = Stopwatch.StartNew();
        Wait.Until(() => up.Elapsed > TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(5), "VPP to have been idle");
        Flow flow = new(Transport.Udp, Lab.Client(Family.Ip4, 1), service.Vip);
        host.Exchange(new Injection(Lab.ClientSide, [PacketFactory.Build(flow, lab.FromClients, PacketOptions.Plain)]));
        string[] Sessions() => host.Cli("show ku sessions").Split('\n')[1..^1];
        Assert.Single(Sessions());
        Wait.Until(() => Sessions() is [var row] && !row.EndsWith(" 0", StringComparison.Ordinal), TimeSpan.FromSeconds(5), "the session to be idle for a second");
    }

    [Fact]
    public void VppStartsAndStopsCleanlyWithThePluginTenTimes()
    {
        for (int round = 0; round < 10; round++)
        {
            using VppHost host = Start(new VppOptions { Workers = round % 3 });
            Assert.Contains("kubeproxy_plugin.so", host.Cli("show plugins"), StringComparison.Ordinal);
            host.StopAndExpectCleanExit();
        }
    }

    private static VppHost Start(VppOptions options)
    {
        SkipUnlessAvailable(options);
        return VppHost.Start(options);
    }

    private static void SkipUnlessAvailable(VppOptions options)
    {
        string? missing = VppHost.Missing(options);
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    private static IEnumerable<int> CoresIn(string list) => list.Split(',').SelectMany(range =>
    {
        int[] ends = [.. range.Split('-').Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    });

    /// <summary>The plugin's registration holds the version it requires as text in a section of its own; the copy asks for another.</summary>
    private static void PatchRequiredVersion(string source, string target, string version)
    {
        byte[] file = File.ReadAllBytes(source);
        Span<byte> section = ElfSection(file, ".vlib_plugin_registration");
        int required = section.IndexOf(Encoding.ASCII.GetBytes(VppInstallation.SupportedVersion));
        Assert.True(required >= 0, "the registration does not require a VPP version");
        for (; required >= 0; required = section.IndexOf(Encoding.ASCII.GetBytes(VppInstallation.SupportedVersion)))
            Encoding.ASCII.GetBytes(version).CopyTo(section[required..]);
        File.WriteAllBytes(target, file);
    }

    private static Span<byte> ElfSection(byte[] file, string name)
    {
        int table = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(0x28));
        int entryLength = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3a));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3c));
        int namesIndex = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3e));
        int Field(int section, int offset) => (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(table + (section * entryLength) + offset));
        int names = Field(namesIndex, 0x18);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> text = file.AsSpan(names + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(table + (i * entryLength))));
            if (Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]) == name)
                return file.AsSpan(Field(i, 0x18), Field(i, 0x20));
        }

        throw new TestbedException($"the plugin has no section {name}");
    }
}
