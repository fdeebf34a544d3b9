using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// LIF-06: VPP's clock jumps. Each story has a VPP of its own. VPP counts every jump off in ticks of 10 us before it does anything else, so that
/// years cannot be told here: SessionClockTests tells them.
/// </summary>
public sealed class ClockStories
{
    private const int FlowCount = 200;

    /// <summary>Until the clock is where it was, nothing grows old; then all goes on. Pods have come meanwhile, so that only who is remembered keeps its own.</summary>
    [Theory]
    [Trait("Check", "LIF-06")]
    [InlineData(0)]
    [InlineData(1)]
    public void AClockThatGoesBackEndsNoSession(int workers)
    {
        Assert.SkipWhen(Tool.Find("nm") is null, "'nm' (binutils) is not installed");
        using ClockStory story = new(workers);
        story.Type("ku conf timeout 20");
        story.Jump(60);
        IReadOnlyList<Pod> pods = story.Converse();
        story.AddPods();
        story.Jump(-30);
        Assert.Equal(FlowCount, story.Sessions());
        Assert.Equal(pods, story.Converse());
        story.Jump(35);
        Assert.Equal(pods, story.Converse());
        story.Jump(30);
        Assert.Equal(0, story.Sessions());
        Assert.NotEqual(pods, story.Converse());
    }

    /// <summary>A service and its flows in a host of its own.</summary>
    private sealed class ClockStory(int workers) : Story(new OwnVpp(workers))
    {
        private Service? _service;

        public int Sessions() => SessionCount();

        public void Type(string line) => Lab.Type(line);

        public void AddPods() => Cluster.AddPods(_service!, [.. Pod.First(8).Skip(4)]);

        public void Jump(double seconds) => VppClock.Move((VppHost)Host, seconds);

        public IReadOnlyList<Pod> Converse()
        {
            _service ??= Cluster.Add(Family.Ip4, Transport.Udp, 53);
            return Converse(_service, [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(_service, Transport.Udp, i))]);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Lab.Dispose();
        }
    }

    private sealed class OwnVpp(int workers) : VppFixture(new VppOptions { Workers = workers });
}
