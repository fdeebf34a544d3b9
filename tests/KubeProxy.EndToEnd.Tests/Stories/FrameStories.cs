using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Frames of every size, packets of every size.</summary>
public abstract class FrameStories(HostFixture fixture) : Story(fixture)
{
    /// <summary>Two workers make every step of a story slow on two cores; one in five sizes must do there.</summary>
    [Theory]
    [Trait("Check", "MAL-18")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void FramesOfEverySizeFrom1To256AreTranslatedInFull(Family family)
    {
        Service service = Cluster.Add(family, 80, protocol: null, targetPort: 8080);
        for (int size = 1; size <= 256; size += Host.WorkerCount < 2 ? 1 : 5)
        {
            Flow[] flows = [.. Enumerable.Range(size, size).Select(i => FlowTo(service, i % 2 == 0 ? Transport.Tcp : Transport.Udp, i))];
            IReadOnlyList<byte[]> requests = FromClients(flows);
            IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family, 8080);
            if (size % 16 != 0 && size > 16)
                continue;
            IReadOnlyList<byte[]> answers = Answers(flows, pods, family, 8080);
            AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
        }
    }

    [Theory]
    [Trait("Check", "C-13")]
    [ClassData(typeof(PortKinds))]
    public void PacketsOfEveryLengthAreTranslated(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080);
        int[] lengths = [.. Enumerable.Range(8, 64), .. Enumerable.Range(1400, 40)];
        IReadOnlyList<byte[]> requests = [.. lengths.Select((length, id) => FromClient(
            FlowTo(service, transport, id), PacketOptions.Plain with { Id = id, PayloadLengthBytes = length }))];
        AssertReachedPods(requests, ClientsSend(requests), family, 8080);
    }

    /// <summary>Longer than one buffer of 2048 bytes: the packet is a chain of buffers.</summary>
    [Theory]
    [Trait("Defect", "REG-FDIO-4")]
    [Trait("Check", "C-13")]
    [Trait("Check", "MAL-09")]
    [ClassData(typeof(PortKinds))]
    public void PacketsInChainedBuffersAreTranslated(Family family, Transport transport)
    {
        Assert.SkipUnless(Host is VppHost, "only VPP chains buffers");
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080);
        int[] lengths = [2000, 2047, 2048, 2049, 4000, 6000, 8800, 8900];
        Flow[] flows = [.. lengths.Select((_, id) => FlowTo(service, transport, id))];
        IReadOnlyList<byte[]> requests = [.. flows.Select((flow, id) => FromClient(flow, PacketOptions.Plain with { Id = id, PayloadLengthBytes = lengths[id] }))];
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family, 8080);
        IReadOnlyList<byte[]> answers = [.. flows.Select((flow, id) => FromPod(
            pods[id], new Flow(transport, pods[id].At(family, 8080), flow.Source), PacketOptions.Plain with { Id = id, PayloadLengthBytes = lengths[id] }))];
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
    }

    [Theory]
    [ClassData(typeof(PortKinds))]
    public void NoBufferIsLostWhateverHappensToItsPacket(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        long before = HostUse.BuffersInUse(Host);
        IReadOnlyList<byte[]> good = FromClients(Enumerable.Range(0, 2000).Select(i => FlowTo(service, transport, i)));
        IReadOnlyList<byte[]> bad = [.. good.Select(OddPackets.Echo)];
        for (int round = 0; round < 20; round++)
            Host.Exchange(new Injection(Lab.ClientSide, good), new Injection(Lab.ClientSide, bad));
        Assert.Equal(before, HostUse.BuffersInUse(Host));
    }
}

[Collection<VppAloneCollection>]
public sealed class FramesInVpp(VppAlone host) : FrameStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class FramesInVppWithOneWorker(VppWithOneWorker host) : FrameStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class FramesInVppWithTwoWorkers(VppWithTwoWorkers host) : FrameStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class FramesInTheEmbeddedHost(EmbeddedHost host) : FrameStories(host);
