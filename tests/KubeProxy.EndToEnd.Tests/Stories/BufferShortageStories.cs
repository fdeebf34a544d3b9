using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// LIF-08: fragments that wait for a first one hold VPP's buffers, all of them or all but a few: VPP's limit, 1024 datagrams of three fragments
/// for each family, is more than this VPP has. Each story has a VPP of its own.
/// </summary>
public sealed class BufferShortageStories
{
    private const int Datagrams = 1024;
    private const int HeldOfEach = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>VPP lives, commands work, and when time has given the buffers back everything is as it was.</summary>
    [Theory]
    [Trait("Check", "LIF-08")]
    [InlineData(0)]
    [InlineData(1)]
    public void WithoutAnyBufferVppLivesAndWhenTheyAreBackEverythingWorks(int workers)
    {
        using Shortage story = new(workers);
        IReadOnlyList<Pod> pods = story.Converse();
        string before = HostState.Of(story.Host);
        // Another thread may have some for itself.
        long held = story.BufferCount - (workers * 64);
        using (Stream flood = story.Hold(held))
            flood.WaitForTheEnd(Limit);
        story.Type("ku vip 90.7.0.1 port 80 protocol tcp", "ku pod 90.7.0.1 10.2.0.11 10.2.0.12", "ku pod 90.7.0.1 10.2.0.11 del", "ku vip 90.7.0.1 del");
        Assert.Equal(101, HostUse.Sessions(story.Host));
        Assert.Equal(before, HostState.Of(story.Host));
        Assert.Equal(held, HostUse.BuffersInUse(story.Host));

        story.WaitForAllBuffers();
        Assert.Equal(pods, story.Converse());
    }

    /// <summary>
    /// A few dozen are left: packets are translated, and refusals and pings answered, in the buffers that they came in. What VPP must cut for its
    /// way to the pod needs more than there are: dropped, counted, and nothing lost.
    /// </summary>
    [Fact]
    [Trait("Check", "LIF-08")]
    public void WithAFewBuffersLeftRefusalsAreAnsweredAndWhatNeedsMoreIsDroppedAndCounted()
    {
        const int Left = 40;
        using Shortage story = new(0);
        IReadOnlyList<Pod> pods = story.Converse();
        using (Stream flood = story.Hold(story.BufferCount - Left))
            flood.WaitForTheEnd(Limit);

        Assert.Equal(story.BufferCount - Left, HostUse.BuffersInUse(story.Host));
        Assert.Equal(pods.Take(30), story.Converse(30));
        story.AssertRefused(30);
        (int left, long refused) = story.SendCut(30);
        Assert.InRange(left, 1, 89);
        Assert.InRange(refused, 1, 90);
        Assert.Equal(story.BufferCount - Left, HostUse.BuffersInUse(story.Host));
        story.WaitForAllBuffers();
        Assert.Equal(pods, story.Converse());
        Assert.Equal((90, 0), story.SendCut(30));
    }

    private sealed class Shortage(int workers) : Story(new OwnVpp(workers))
    {
        private Service? _service;
        private Service? _other;

        public new IPacketHost Host => base.Host;

        public long BufferCount { get; private set; }

        private Service Service => _service ??= Cluster.Add(Family.Ip4, Transport.Udp, 53);

        private Service Other => _other ??= Cluster.Add(Family.Ip6, Transport.Udp, 53);

        public IReadOnlyList<Pod> Converse(int count = 100)
        {
            BufferCount = HostUse.BufferCount(Host);
            Converse(Other, [FlowTo(Other, Transport.Udp)]);
            return Converse(Service, [.. Enumerable.Range(0, count).Select(i => FlowTo(Service, Transport.Udp, i))]);
        }

        public void Type(params IReadOnlyList<string> lines)
        {
            foreach (string line in lines)
                Lab.Type(line);
        }

        /// <summary>So many fragments without a first, three of a datagram.</summary>
        public Stream Hold(long count)
        {
            PacketOptions options = PacketOptions.Plain with { PayloadLengthBytes = HeldOfEach * Fragments.UsualBytes };
            byte[][] frames = [.. new[] { Service, Other }.SelectMany(service => Enumerable.Range(0, Datagrams).SelectMany(number =>
                Fragments.Of(FromClient(FlowTo(service, Transport.Udp, number), options), number + 1).Skip(1).Take(HeldOfEach)))];
            Stream stream = new(Host, Lab.ClientSide, frames, count);
            stream.Start();
            return stream;
        }

        public void WaitForBuffers(Func<long, bool> areEnough) => Wait.Until(() => areEnough(HostUse.BuffersInUse(Host)), Limit, () => Host.Cli("show buffers"));

        public void WaitForAllBuffers()
        {
            LetPass(11);
            WaitForBuffers(inUse => inUse == 0);
        }

        public void AssertRefused(int count)
        {
            byte[][] refused = [.. FromClients(Enumerable.Range(0, count).Select(i => FlowTo(Service, Transport.Udp, i, port: 54)))];
            ErrorCounters before = ErrorCounters.Of(Host);
            Assert.Equal(count, ClientsSend(refused).On(Lab.ClientSide).Count);
            Assert.Equal(count, ErrorCounters.Of(Host).Since(before)["kp4-nat4: unknown port"]);
        }

        /// <summary>Packets that VPP cuts into three for their way to the pod: how many pieces left, and for how many there was no buffer.</summary>
        public (int Left, long Refused) SendCut(int count)
        {
            byte[][] whole = [.. FromClients(Enumerable.Range(0, count).Select(i => FlowTo(Service, Transport.Udp, i)), PacketOptions.Plain with { PayloadLengthBytes = 1200 })];
            Lab.Type($"set interface mtu ip4 600 {Lab.PodSide}");
            ErrorCounters before = ErrorCounters.Of(Host);
            int left = Host.Exchange(new Injection(Lab.ClientSide, whole)).On(Lab.PodSide).Count;
            Lab.Type($"set interface mtu ip4 9000 {Lab.PodSide}");
            return (left, ErrorCounters.Of(Host).Since(before).GetValueOrDefault("ip4-frag: could not allocate buffer"));
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Lab.Dispose();
        }
    }

    private sealed class OwnVpp(int workers) : VppFixture(new VppOptions { Workers = workers, BuffersPerNuma = 4096 });
}
