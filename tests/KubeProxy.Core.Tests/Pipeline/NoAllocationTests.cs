using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Whole frames allocate no managed byte: both families, both directions, hits, misses and drops.</summary>
public sealed class NoAllocationTests
{
    private const uint Count = PacketBatch.Capacity;

    [Theory]
    [Trait("Defect", "D24")]
    [Trait("Defect", "A-19")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AFrameAllocatesNothing(IpFamily family)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 256, ReturnBucketCount = 512 });
        TestPacket[] requests = [.. Enumerable.Range(0, (int)Count).Select(number => Request(site, number))];
        site.Path.Load(0, requests);
        site.Path.RunForward(family, 0, Count);
        TestPacket[] answers = [.. site.Path.Results(0, (int)Count).Select((verdict, i) => Answer(site, requests[i], verdict, i))];

        site.Path.Pass(5000);
        site.Path.Load(0, requests);
        Assert.Equal(0, AllocatedBy(() => site.Path.RunForward(family, 0, Count)));
        Assert.Equal(SessionUse.First, site.Path.Results(0, 1)[0].Session);
        site.Path.Load(0, requests);
        Assert.Equal(0, AllocatedBy(() => site.Path.RunForward(family, 0, Count)));
        Assert.Equal(SessionUse.Existing, site.Path.Results(0, 1)[0].Session);
        Assert.Equal(0, AllocatedBy(() => site.Path.RunNodePorts(family, 0, Count)));
        site.Path.Load(0, answers);
        Assert.Equal(0, AllocatedBy(() => site.Path.RunReturn(family, 0, Count)));
        Assert.Equal(Outcome.Translated, site.Path.Results(0, 1)[0].Outcome);
        Assert.Equal(Outcome.Translated, site.Path.Results(0, 5)[4].Outcome);
        Assert.Equal(0, AllocatedBy(() => site.Path.Pass(30)));
        Assert.Equal(0, AllocatedBy(() => site.Path.Pass(5000)));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AFrameOfIcmpErrorsAllocatesNothing(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        TestPacket[] errors = [.. Enumerable.Range(0, (int)Count).Select(i => (TestPacket)(scene.ToPod().Error with { Type = (byte)i }).Build())];
        scene.Site.Path.Load(0, errors);
        Assert.Equal(0, AllocatedBy(() => scene.Site.Path.RunForward(family, 0, Count)));
        errors = [.. Enumerable.Range(0, (int)Count).Select(i => (TestPacket)(scene.ToClient().Error with { Type = (byte)i }).Build())];
        scene.Site.Path.Load(0, errors);
        Assert.Equal(0, AllocatedBy(() => scene.Site.Path.RunReturn(family, 0, Count)));
        scene.Site.Path.Load(0, errors);
        Assert.Equal(0, AllocatedBy(() => scene.Site.Path.RunNodePorts(family, 0, Count)));
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AFragmentAllocatesNothing(IpFamily family)
    {
        using var scene = new FragmentScene(family);
        byte[] whole = (scene.Site.Request(IpProtocol.Udp) with { PayloadBytes = 60 }).Build();
        DatagramHeader header = FragmentScene.HeaderOf(whole);
        foreach (byte[] fragment in FragmentCutter.Cut(whole, 32))
        {
            foreach (bool isForward in (bool[])[true, false])
            {
                scene.Path.Load(0, [fragment]);
                scene.Run(0, header, isForward);
                scene.Path.Load(0, [fragment]);
                Assert.Equal(0, AllocatedBy(() => scene.Run(0, header, isForward)));
            }
        }
    }

    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void AFrameBehindExtensionHeadersAllocatesNothing(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip6);
        PacketSpec extended = site.Request(protocol) with { ExtensionHeader = 60 };
        uint pod = site.Forward(extended).PodSlot;
        TestPacket answer = site.Answer(extended, pod) with { ExtensionHeader = 60 };
        Assert.Equal(Outcome.Translated, site.Return(answer).Outcome);
        site.Path.Load(0, [extended]);
        Assert.Equal(0, AllocatedBy(() => site.Path.RunForward(IpFamily.Ip6, 0, 1)));
        Assert.Equal(Outcome.Translated, site.Path.Results(0, 1)[0].Outcome);
        site.Path.Load(0, [answer]);
        Assert.Equal(0, AllocatedBy(() => site.Path.RunReturn(IpFamily.Ip6, 0, 1)));
        Assert.Equal(Outcome.Translated, site.Path.Results(0, 1)[0].Outcome);
    }

    [Fact]
    public void TheCheckCatchesOneSmallAllocation() => Assert.NotEqual(0, AllocatedBy(() => GC.KeepAlive(new object())));

    private static TestPacket Request(Topology site, int number) => (number % 8) switch
    {
        4 => site.Request(IpProtocol.Sctp, number + 1),
        5 => new TestPacket(new PacketSpec(Site.Client(site.Family, number), Site.Vip(site.Family, 2), IpProtocol.UdpLite).Build(), VipSlot: 2),
        6 => site.Request(IpProtocol.Udp, number, vipPort: 81),
        7 => site.Request(IpProtocol.Tcp, number).Build()[..30],
        _ => site.Request(number % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp, number + 1),
    };

    private static TestPacket Answer(Topology site, TestPacket request, Verdict verdict, int number)
    {
        if (verdict.Outcome != Outcome.Translated || number % 8 == 5) return request;
        if (number % 8 == 4) return site.Answer(site.Request(IpProtocol.Sctp, number + 1), verdict.PodSlot);
        return site.Answer(site.Request(number % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp, number + 1), verdict.PodSlot);
    }

    /// <summary>Bytes of managed memory that this thread allocates meanwhile.</summary>
    internal static long AllocatedBy(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
