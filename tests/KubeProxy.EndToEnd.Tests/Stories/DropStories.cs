using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What cannot be translated is dropped, never rewritten, each kind under its own name.</summary>
public abstract class DropStories(HostFixture fixture) : Story(fixture)
{
    private const byte Gre = 47;
    private const byte Authentication = 51;
    private const byte Routing = 43;

    /// <summary>Where there is virtual reassembly they are translated, see FragmentStories.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void FragmentsAreDroppedWhereTheHostHasNoReassembly(Family family)
    {
        Assert.SkipWhen(Host is VppHost, "VPP has virtual reassembly");
        AssertDropped(family, "fragment", [.. Fragments.Of(Plain(family), 1, 24)]);
    }

    [Theory]
    [Trait("Check", "MAL-16")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AProtocolThatNoServiceHasIsDropped(Family family) => AssertDropped(
        family, "protocol not supported", OddPackets.WithProtocol(Plain(family), Gre));

    [Theory]
    [Trait("Defect", "A-5")]
    [Trait("Check", "MAL-01")]
    [ClassData(typeof(FlowKinds))]
    public void APacketCutWithinItsTransportHeaderIsDropped(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        byte[] plain = FromClient(FlowTo(service, transport));
        int whole = transport == Transport.Tcp ? 20 : 8;
        byte[][] cut = [.. Enumerable.Range(0, whole).Select(length => OddPackets.Truncated(plain, length))];
        AssertDropped(family, "truncated packet", cut);
        byte[] header = OddPackets.Truncated(plain, whole);
        Assert.Single(Host.Exchange(new Injection(Lab.ClientSide, [header])).On(Lab.PodSide));
    }

    /// <summary>A routing header with a segment left, and one that authenticates the addresses.</summary>
    [Theory]
    [Trait("Check", "V-5")]
    [InlineData(Routing)]
    [InlineData(Authentication)]
    public void AnIp6HeaderThatForbidsTranslationIsDropped(byte kind) =>
        AssertDropped(Family.Ip6, "extension header", OddPackets.WithExtension(Plain(Family.Ip6), kind, 8));

    [Fact]
    [Trait("Check", "V-1")]
    public void AZeroUdpChecksumOverIp6IsDropped()
    {
        Service service = Cluster.Add(Family.Ip6, Transport.Udp, 53);
        byte[] request = FromClient(FlowTo(service, Transport.Udp), PacketOptions.Plain with { ZeroUdpChecksum = true });
        AssertDropped(Family.Ip6, "zero udp checksum", request);
    }

    [Theory]
    [Trait("Defect", "D6")]
    [Trait("Defect", "A-4")]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void Ip4OptionsAreNoObstacle(Transport transport)
    {
        Assert.SkipWhen(Host is VppHost, "VPP punts packets with options before it looks up their route");
        Service service = Cluster.Add(Family.Ip4, transport, 80);
        byte[] request = OddPackets.WithOptions4(FromClient(FlowTo(service, transport)), 12);
        Capture capture = ClientsSend(request);
        AssertReachedPods([request], capture, Family.Ip4);
    }

    /// <summary>Among packets that are translated, so that a dropped one does not take a neighbour with it.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void DropsWithinAFrameLeaveTheOthersAlone(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        IReadOnlyList<byte[]> good = FromClients(Enumerable.Range(0, 100).Select(i => FlowTo(service, transport, i)));
        IReadOnlyList<byte[]> mixed = [.. good.SelectMany((frame, i) => i % 3 == 0 ? [frame] : new[] { OddPackets.WithProtocol(frame, Gre), frame })];
        AssertReachedPods(good, ClientsSend(mixed), family);
    }

    private byte[] Plain(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53);
        return FromClient(FlowTo(service, Transport.Udp), PacketOptions.Plain with { PayloadLengthBytes = 64 });
    }

    private void AssertDropped(Family family, string reason, params byte[][] frames)
    {
        string node = family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Equal(0, ClientsSend(frames).Count);
        IReadOnlyDictionary<string, long> counted = ErrorCounters.Of(Host).Since(before);
        KeyValuePair<string, long> only = Assert.Single(counted, row => row.Key.StartsWith("kp", StringComparison.Ordinal));
        Assert.Equal(KeyValuePair.Create($"{node}: {reason}", (long)frames.Length), only);
    }
}

[Collection<VppAloneCollection>]
public sealed class DropsInVpp(VppAlone host) : DropStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class DropsInVppWithOneWorker(VppWithOneWorker host) : DropStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class DropsInVppWithTwoWorkers(VppWithTwoWorkers host) : DropStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class DropsInTheEmbeddedHost(EmbeddedHost host) : DropStories(host);
