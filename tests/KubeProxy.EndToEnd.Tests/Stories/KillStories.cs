using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>VPP ends by SIGKILL, and is started again in the same folder with the same configuration. Each story has a VPP of its own.</summary>
public sealed class KillStories
{
    private const int FlowCount = 250;

    /// <summary>Once amid its traffic, once in the middle of thousands of lines. The connections' next segments carry data, no SYN.</summary>
    [Theory]
    [Trait("Check", "LIF-11")]
    [InlineData(0)]
    [InlineData(1)]
    public void AVppThatIsKilledStartsAgainAndEveryFlowReachesItsPodWithItsNextPacket(int workers)
    {
        using OwnVpp vpp = new(workers);
        using Life first = new(vpp);
        IReadOnlyList<IReadOnlyList<Pod>> pods = first.Converse(Pod.First(5));
        Assert.Equal(4 * FlowCount, first.Sessions);
        first.KillAmidTraffic();
        first.AssertNothingWasTidiedUp();

        using Again again = new(first.Vpp);
        using Life second = new(again);
        Assert.Equal(0, second.Sessions);
        Assert.Equal(pods, second.Converse([.. Pod.First(5).Reverse()]));
        second.KillAmidLines();
        second.AssertNothingWasTidiedUp();

        using Again oncemore = new(first.Vpp);
        using Life third = new(oncemore);
        Assert.Equal("no VIPs", third.Vpp.Cli("show ku vips"));
        Assert.Equal(pods, third.Converse(Pod.First(5)));
        Assert.Equal(0, HostUse.BuffersInUse(third.Vpp));
        third.Vpp.StopAndExpectCleanExit();
        Assert.Empty(third.Vpp.SharedMemory);
    }

    private sealed class OwnVpp(int workers) : VppFixture(new VppOptions { Workers = workers });

    /// <summary>The host that was killed, started again.</summary>
    private sealed class Again(VppHost host) : HostFixture(null, () => Started(host))
    {
        private static VppHost Started(VppHost host)
        {
            host.StartAgain();
            return host;
        }
    }

    /// <summary>From a start of the host to its end.</summary>
    private sealed class Life(HostFixture fixture) : Story(fixture)
    {
        private readonly List<byte[]> _requests = [];

        public int Sessions => SessionCount();

        public VppHost Vpp => (VppHost)Host;

        private string Folder => Path.GetDirectoryName(Host.CommandPrefix.Split(' ')[^1])!;

        /// <summary>Adds a service of each kind and lets all flows talk with their pods.</summary>
        public IReadOnlyList<IReadOnlyList<Pod>> Converse(IReadOnlyList<Pod> pods) =>
        [.. new FlowKinds().Select(kind =>
        {
            (Family family, Transport transport) = kind.Data;
            Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods);
            Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i))];
            _requests.AddRange(FromClients(flows));
            return Converse(service, flows);
        })];

        public void KillAmidTraffic()
        {
            string file = Path.GetTempFileName();
            PcapFile.Write(file, _requests);
            Lab.Type($"packet-generator new {{ name last pcap {file} source {Lab.ClientSide} limit 1000000000 }}");
            Lab.Type("packet-generator enable-stream last");
            Wait.Until(() => Sent() > 10_000, TimeSpan.FromSeconds(10), "traffic to flow");
            Vpp.Kill();
            File.Delete(file);
        }

        public void KillAmidLines()
        {
            string[] lines = [.. Enumerable.Range(0, 50_000).Select(i => $"ku vip 91.{i / 65536}.{i / 256 % 256}.{i % 256} port 80 protocol udp new_len 1")];
            Task typing = Task.Run(() => Vpp.TypeAll(lines));
            using CliConnection other = Vpp.Connect(TimeSpan.FromSeconds(10));
            Thread.Sleep(200);
            Assert.False(typing.IsCompleted, "the lines were typed before VPP could be killed");
            Vpp.Kill();
            Assert.ThrowsAny<AggregateException>(typing.Wait);
        }

        /// <summary>What a new VPP of this configuration finds: the sockets of the old one, and its shared memory.</summary>
        public void AssertNothingWasTidiedUp()
        {
            Assert.False(Host.IsAlive);
            Assert.All((string[])["cli.sock", "stats.sock", "run/api.sock"], name => Assert.True(File.Exists(Path.Combine(Folder, name)), $"{name} is gone"));
            Assert.NotEmpty(Vpp.SharedMemory);
        }

        private long Sent() => Host.Cli("show packet-generator").Split('\n')
            .Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(row => row is ["last", _, _, ..]).Sum(row => long.Parse(row[2], System.Globalization.CultureInfo.InvariantCulture));
    }
}
