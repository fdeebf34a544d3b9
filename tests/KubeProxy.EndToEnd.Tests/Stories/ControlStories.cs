using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The instruments themselves, on a VPP without the plugin: what they report is what a plain router does.</summary>
public sealed class ControlStories
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AVppWithoutThePluginForwardsByteForByte(int workers)
    {
        VppOptions options = new() { Workers = workers, Plugin = null };
        Assert.SkipWhen(VppHost.Missing(options) is not null, VppHost.Missing(options) ?? "");
        using Lab lab = new(VppHost.Start(options));
        Pod pod = new(1);
        long buffers = HostUse.BuffersInUse(lab.Host);
        foreach (Flow flow in Flows(pod))
        {
            List<byte[]> sent = [.. Enumerable.Range(0, 1000).Select(id => PacketFactory.Build(flow, lab.FromClients, PacketOptions.Plain with { Id = id }))];
            Capture capture = lab.Host.Exchange(new Injection(Lab.ClientSide, sent, Math.Max(0, workers - 1)));
            Assert.Equal(sent.Select(frame => Convert.ToHexString(Expect.Forwarded(frame, lab.To(pod)))), capture.On(Lab.PodSide).Select(Convert.ToHexString));
            Assert.Empty(capture.On(Lab.ClientSide));
            Assert.All(capture.All, frame => Assert.Null(Checksums.Fault(frame)));
        }

        Assert.Equal(buffers, HostUse.BuffersInUse(lab.Host));
        Assert.True(lab.Host.IsAlive);
    }

    [Fact]
    public void AByteThatDiffersIsNoticed()
    {
        Flow flow = Flows(new Pod(1)).First();
        byte[] frame = PacketFactory.Build(flow, new Link(new Pod(1).Mac, new Pod(2).Mac), PacketOptions.Plain);
        Assert.Null(Checksums.Fault(frame));
        for (int i = IpView.EthernetLengthBytes + 2; i < frame.Length; i++)
        {
            byte[] damaged = (byte[])frame.Clone();
            damaged[i] ^= 0x10;
            bool isIdentified = i is >= IpView.EthernetLengthBytes + 2 and < IpView.EthernetLengthBytes + 4;
            Assert.True(isIdentified || Checksums.Fault(damaged) is not null, $"byte {i}");
        }
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AByteThatDiffersInAnErrorOrInItsQuoteIsNoticed(Family family)
    {
        Pod pod = new(1);
        byte[] quoted = PacketFactory.Build(new Flow(Transport.Udp, Lab.Client(family, 1), pod.At(family, 80)), new Link(pod.Mac, pod.Mac), PacketOptions.Plain);
        byte type = family == Family.Ip4 ? (byte)3 : (byte)1;
        byte[] frame = IcmpFactory.Build(new Link(pod.Mac, pod.Mac), pod.Address(family), Lab.Client(family, 1).Address, IcmpContent.About(quoted, type, 3));
        Assert.Null(Checksums.Fault(frame));
        int icmp = IpView.EthernetLengthBytes + (family == Family.Ip4 ? 20 : 40);
        for (int i = icmp + 4; i < frame.Length; i++)
        {
            byte[] damaged = (byte[])frame.Clone();
            damaged[i] ^= 0x10;
            Assert.Equal("the ICMP checksum is wrong", Checksums.Fault(damaged));
            IcmpChecksums.Fill(damaged);

            // With the outer checksum right again, what is left are the quote's own; IPv6 does not cover a header's first bytes and hops.
            int place = i - icmp - 8;
            bool isCovered = family == Family.Ip4 ? place >= 4 : place >= 8;
            if (isCovered) Assert.StartsWith("of the quoted packet", Checksums.Fault(damaged) ?? $"byte {i}", StringComparison.Ordinal);
        }
    }

    private static IEnumerable<Flow> Flows(Pod pod) =>
        from kind in new FlowKinds().Select(row => row.Data)
        select new Flow(kind.Item2, Lab.Client(kind.Item1, 1), pod.At(kind.Item1, 80));
}
