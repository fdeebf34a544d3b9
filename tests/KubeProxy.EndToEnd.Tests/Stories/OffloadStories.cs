using System.Buffers.Binary;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// C-12: packets that come with checksums still to be computed, as from a tap or a veth whose kernel leaves them to the card. Whatever stands in their
/// place, what leaves on the wire is right: VPP fills it in behind the translation. The embedded host has no such packets.
/// </summary>
public abstract class OffloadStories(HostFixture fixture) : Story(fixture)
{
    private const int TargetPort = 8080;

    /// <summary>What stands where the checksum will be: nothing, the sum over the pseudo header as kernels leave it, all ones, or noise.</summary>
    public enum Left
    {
        Zero,
        PseudoHeader,
        Ones,
        Noise,
    }

    public static TheoryData<Family, Transport, Left> Kinds { get; } =
        [.. from family in Enum.GetValues<Family>()
            from transport in (Transport[])[Transport.Tcp, Transport.Udp]
            from left in Enum.GetValues<Left>()
            select (family, transport, left)];

    [Theory]
    [Trait("Rel", "REL-12")]
    [Trait("Defect", "REG-FDIO-5")]
    [Trait("Check", "C-12")]
    [Trait("Check", "MAL-15")]
    [MemberData(nameof(Kinds))]
    public void ARequestLeavesWithTheRightChecksum(Family family, Transport transport, Left left)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        for (int round = 0; round < 2; round++)
        {
            IReadOnlyList<byte[]> requests = FromClients(Enumerable.Range(0, 40).Select(i => FlowTo(service, transport, i)));
            Capture capture = Exchange(Open(Lab.ClientSide, requests, transport, left));
            AssertReachedPods(requests, capture, family, TargetPort);
        }
    }

    [Theory]
    [Trait("Rel", "REL-12")]
    [Trait("Defect", "REG-FDIO-5")]
    [Trait("Check", "C-12")]
    [MemberData(nameof(Kinds))]
    public void AnAnswerLeavesWithTheRightChecksum(Family family, Transport transport, Left left)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        Flow[] flows = [.. Enumerable.Range(0, 40).Select(i => FlowTo(service, transport, i))];
        IReadOnlyList<byte[]> answers = Answers(flows, PodsOf(service, flows), family, TargetPort);
        AssertReachedClients(answers, Exchange(Open(Lab.PodSide, answers, transport, left)), id => flows[id].Destination);
    }

    [Theory]
    [Trait("Check", "C-12")]
    [MemberData(nameof(Kinds))]
    public void AMasqueradedFlowIsRightBothWays(Family family, Transport transport, Left left)
    {
        string source = family == Family.Ip4 ? "10.2.0.1" : "fd02::1";
        Service service = Cluster.Add(family, 80, Cluster.Word(transport), TargetPort, prefix: null, [new Pod(1)], $"masquerade {source}");
        byte[] request = FromClient(FlowTo(service, transport));
        byte[] seen = Assert.Single(Exchange(Open(Lab.ClientSide, [request], transport, left)).On(Lab.PodSide));
        IPEndPoint from = new(new IpView(seen).Source, new IpView(seen).SourcePort);
        Assert.Equal(IPAddress.Parse(source), from.Address);
        byte[] answer = FromPod(new Pod(1), new Flow(transport, new Pod(1).At(family, TargetPort), from));
        byte[] back = Assert.Single(Exchange(Open(Lab.PodSide, [answer], transport, left)).On(Lab.ClientSide));
        Assert.Equal(new IpView(request).Flow.Source, new IpView(back).Flow.Destination);
        Assert.Equal(new IpView(request).Flow.Destination, new IpView(back).Flow.Source);
    }

    /// <summary>Nobody can say whether it is damaged, so it is answered.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void APacketForNobodyIsRefusedThoughItsChecksumIsOpen(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort, []);
        Thread.Sleep(50);
        Assert.Single(Host.Exchange(Open(Lab.ClientSide, [FromClient(FlowTo(service, transport))], transport, Left.Noise)).On(Lab.ClientSide));
    }

    private static Injection Open(string side, IReadOnlyList<byte[]> frames, Transport transport, Left left) =>
        new(side, [.. frames.Select(frame => Opened(frame, left))])
        {
            Words = $"buffer-flags offload buffer-offload-flags offload-{Cluster.Word(transport)}-cksum",
        };

    private static byte[] Opened(byte[] frame, Left left)
    {
        byte[] opened = [.. frame];
        IpView view = new(opened);
        ushort value = left switch { Left.Zero => 0, Left.PseudoHeader => PseudoHeader(opened), Left.Ones => ushort.MaxValue, _ => 0x1234 };
        BinaryPrimitives.WriteUInt16BigEndian(view.L4Checksum, value);
        return opened;
    }

    private static ushort PseudoHeader(byte[] frame)
    {
        IpView view = new(frame);
        byte[] rest = [0, view.Protocol, (byte)(view.L4.Length >> 8), (byte)view.L4.Length];
        return InternetChecksum.Sum(view.IsIp4 ? view.Ip.Slice(12, 8) : view.Ip.Slice(8, 32), InternetChecksum.Sum(rest));
    }
}

[Collection<VppAloneCollection>]
public sealed class OffloadInVpp(VppAlone host) : OffloadStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class OffloadInVppWithOneWorker(VppWithOneWorker host) : OffloadStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class OffloadInVppWithTwoWorkers(VppWithTwoWorkers host) : OffloadStories(host);
