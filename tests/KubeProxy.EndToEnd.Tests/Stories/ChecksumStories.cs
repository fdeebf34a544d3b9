using System.Buffers.Binary;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

public abstract class ChecksumStories(HostFixture fixture) : Story(fixture)
{
    private static readonly Pod Only = new(3);

    [Fact]
    public void AZeroUdpChecksumStaysZeroBothWays()
    {
        Service service = Cluster.Add(Family.Ip4, Transport.Udp, 53, targetPort: 5353, pods: [Only]);
        PacketOptions options = PacketOptions.Plain with { ZeroUdpChecksum = true };
        Flow flow = FlowTo(service, Transport.Udp);
        byte[] request = FromClient(flow, options);
        byte[] atPod = Assert.Single(ClientsSend(request).On(Lab.PodSide));
        AssertSame(Expect.ToPod(request, Lab.To(Only), Only.At(Family.Ip4, 5353)), atPod);
        Assert.Equal(0, ChecksumOf(atPod));
        byte[] answer = FromPod(Only, new Flow(Transport.Udp, Only.At(Family.Ip4, 5353), flow.Source), options);
        byte[] atClient = Assert.Single(PodsSend(answer).On(Lab.ClientSide));
        AssertSame(Expect.FromVip(answer, Lab.ToClients, service.Vip), atClient);
        Assert.Equal(0, ChecksumOf(atClient));
    }

    [Theory]
    [Trait("Check", "V-1")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AUdpChecksumThatComesOutAsZeroLeavesAsAllOnesTowardsThePod(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53, targetPort: 5353, pods: [Only]);
        byte[] request = WithPayloadThatMakesZero(
            FromClient(FlowTo(service, Transport.Udp)), frame => Expect.ToPod(frame, Lab.To(Only), Only.At(family, 5353)));
        byte[] atPod = Assert.Single(ClientsSend(request).On(Lab.PodSide));
        Assert.Equal(0xffff, ChecksumOf(atPod));
        AssertSame(Expect.ToPod(request, Lab.To(Only), Only.At(family, 5353)), atPod);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AUdpChecksumThatComesOutAsZeroLeavesAsAllOnesTowardsTheClient(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53, targetPort: 5353, pods: [Only]);
        Flow flow = FlowTo(service, Transport.Udp);
        ClientsSend(FromClient(flow));
        byte[] answer = WithPayloadThatMakesZero(
            FromPod(Only, new Flow(Transport.Udp, Only.At(family, 5353), flow.Source)), frame => Expect.FromVip(frame, Lab.ToClients, service.Vip));
        byte[] atClient = Assert.Single(PodsSend(answer).On(Lab.ClientSide));
        Assert.Equal(0xffff, ChecksumOf(atClient));
        AssertSame(Expect.FromVip(answer, Lab.ToClients, service.Vip), atClient);
    }

    /// <summary>Every value of the checksum on the way in, so that every carry of the incremental update happens.</summary>
    [Theory]
    [Trait("Rel", "REL-12")]
    [Trait("Defect", "D1")]
    [Trait("Defect", "A-1")]
    [ClassData(typeof(FlowKinds))]
    public void EveryChecksumValueIsUpdatedRight(Family family, Transport transport)
    {
        const int Stride = 13;
        Service service = Cluster.Add(family, transport, 53, targetPort: 5353, pods: [Only]);
        byte[] plain = FromClient(FlowTo(service, transport));
        List<byte[]> requests = [];
        for (int word = 0; word <= 0xffff; word += Stride)
        {
            byte[] frame = WithLastWord(plain, (ushort)word);
            BinaryPrimitives.WriteInt32BigEndian(new IpView(frame).Payload[4..], requests.Count);
            Checksums.FillL4(frame);
            requests.Add(frame);
        }

        AssertReachedPods(requests, ClientsSend(requests), family, 5353);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AWrongChecksumStaysWrongByTheSameAmount(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 53, targetPort: 5353, pods: [Only]);
        foreach (ushort amount in (ushort[])[1, 0x00ff, 0x1234, 0x8000, 0xfffe])
        {
            byte[] right = FromClient(FlowTo(service, transport));
            byte[] wrong = (byte[])right.Clone();
            Checksums.Corrupt(wrong, amount);
            byte[] atPod = Assert.Single(Host.Exchange(new Injection(Lab.ClientSide, [wrong])).On(Lab.PodSide));
            ushort expected = ChecksumOf(Expect.ToPod(right, Lab.To(Only), Only.At(family, 5353)));
            Assert.Equal(amount, InternetChecksum.Difference(ChecksumOf(atPod), expected));
        }
    }

    private static ushort ChecksumOf(byte[] frame) => BinaryPrimitives.ReadUInt16BigEndian(new IpView(frame).L4Checksum);

    /// <summary>
    /// With 0 in the payload's last word the translated packet has checksum c, the complement of the sum; with c there
    /// instead, the sum is all ones and the checksum 0.
    /// </summary>
    private static byte[] WithPayloadThatMakesZero(byte[] frame, Func<byte[], byte[]> translate) =>
        WithLastWord(frame, ChecksumOf(translate(WithLastWord(frame, 0))));

    private static byte[] WithLastWord(byte[] frame, ushort word)
    {
        byte[] changed = (byte[])frame.Clone();
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(changed.Length - 2), word);
        Checksums.FillL4(changed);
        return changed;
    }
}

[Collection<VppAloneCollection>]
public sealed class ChecksumsInVpp(VppAlone host) : ChecksumStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class ChecksumsInVppWithOneWorker(VppWithOneWorker host) : ChecksumStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class ChecksumsInVppWithTwoWorkers(VppWithTwoWorkers host) : ChecksumStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class ChecksumsInTheEmbeddedHost(EmbeddedHost host) : ChecksumStories(host);
