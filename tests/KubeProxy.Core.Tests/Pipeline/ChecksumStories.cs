using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Checksums of whole packets in their corners (C-6 to C-11 of RFC 768, 1071 and 1624).</summary>
public sealed class ChecksumStories
{
    [Fact]
    [Trait("Check", "C-6")]
    public void AnIp4UdpPacketWithoutChecksumStaysWithoutInBothDirections()
    {
        using var site = new Topology(IpFamily.Ip4);
        PacketSpec request = site.Request(IpProtocol.Udp) with { HasNoUdpChecksum = true };
        Verdict forward = site.Forward(request);
        Assert.Equal(Translation.ToPod(request.Build(), site.PodOf(forward.PodSlot, 80)), forward.Bytes);
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(forward.Bytes.AsSpan(26)));

        byte[] answer = (site.Answer(request, forward.PodSlot) with { HasNoUdpChecksum = true }).Build();
        Verdict back = site.Return(answer);
        Assert.Equal(Translation.FromVip(answer, request.To), back.Bytes);
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(back.Bytes.AsSpan(26)));
    }

    [Theory]
    [Trait("Check", "C-7")]
    [Trait("Check", "C-9")]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AChecksumThatBecomesZeroIsAllOnesInUdpAndZeroInTcp(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        ushort expected = protocol == IpProtocol.Udp ? (ushort)0xFFFF : (ushort)0;

        byte[] special = WithChecksumAfter(request, bytes => Translation.ToPod(bytes, site.PodOf(pod, 80)), expected);
        Assert.Equal(Translation.ToPod(special, site.PodOf(pod, 80)), site.Forward(special).Bytes);

        byte[] answer = WithChecksumAfter(site.Answer(request, pod) with { PayloadBytes = 30 }, bytes => Translation.FromVip(bytes, request.To), expected);
        Assert.Equal(Translation.FromVip(answer, request.To), site.Return(answer).Bytes);
    }

    [Theory]
    [Trait("Check", "C-8")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AUdpChecksumOfAllOnesIsAccepted(IpFamily family)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(IpProtocol.Udp);
        byte[] special = WithChecksumAfter(request, bytes => bytes, 0xFFFF);
        Verdict verdict = site.Forward(special);
        Assert.Equal(Translation.ToPod(special, site.PodOf(verdict.PodSlot, 80)), verdict.Bytes);
    }

    [Theory]
    [Trait("Check", "C-10")]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void ACorruptChecksumIsNeverRepaired(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        byte[] right = request.Build();
        uint pod = site.Forward(right).PodSlot;
        byte[] rightBehind = Translation.ToPod(right, site.PodOf(pod, 80));
        for (int error = 1; error < 0xFFFF; error += 257)
        {
            byte[] corrupt = [.. right];
            WriteChecksum(corrupt, protocol, (ReadChecksum(right, protocol) + error) % 0xFFFF);
            if (ReadChecksum(corrupt, protocol) == 0) continue;
            byte[] behind = site.Forward(corrupt).Bytes;
            int errorBehind = ReadChecksum(behind, protocol) - ReadChecksum(rightBehind, protocol);
            Assert.Equal(0, (errorBehind - error) % 0xFFFF);
        }
    }

    [Fact]
    [Trait("Check", "C-11")]
    public void TheHeaderChecksumOfAnIp4PacketIsNeverAllOnes()
    {
        using var site = new Topology(IpFamily.Ip4);
        PacketSpec request = site.Request(IpProtocol.Tcp);
        uint pod = site.Forward(request).PodSlot;

        // The identification that makes the header's sum all ones behind the translation: the checksum is then 0.
        byte[] packet = request.Build();
        packet.AsSpan(4, 2).Clear();
        byte[] behind = Translation.ToPod(packet, site.PodOf(pod, 80));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), BinaryPrimitives.ReadUInt16BigEndian(behind.AsSpan(10)));
        PacketChecksums.Write(packet, 20, IpProtocol.Tcp);
        Verdict verdict = site.Forward(packet);
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(verdict.Bytes.AsSpan(10)));
        Assert.Equal(Translation.ToPod(packet, site.PodOf(pod, 80)), verdict.Bytes);
    }

    /// <summary>A packet whose last two payload bytes bring the checksum behind a translation to a wanted value.</summary>
    private static byte[] WithChecksumAfter(PacketSpec spec, Func<byte[], byte[]> translate, ushort wanted)
    {
        PacketSpec even = spec with { PayloadBytes = 30 };
        byte[] packet = even.Build();
        packet.AsSpan(packet.Length - 2).Clear();
        int l4 = packet[0] >> 4 == 4 ? 20 : 40;
        PacketChecksums.Write(packet, l4, spec.Protocol);

        // With the last word 0 the checksum is ~sum: put there, it makes the sum all ones and the checksum 0.
        int checksum = ReadChecksum(translate(packet), spec.Protocol);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(packet.Length - 2), (ushort)checksum);
        PacketChecksums.Write(packet, l4, spec.Protocol);
        Assert.Equal(wanted, ReadChecksum(translate(packet), spec.Protocol));
        return packet;
    }

    private static int ReadChecksum(byte[] packet, byte protocol) => BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(Offset(packet, protocol)));

    private static void WriteChecksum(byte[] packet, byte protocol, int checksum) =>
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(Offset(packet, protocol)), (ushort)checksum);

    private static int Offset(byte[] packet, byte protocol) => (packet[0] >> 4 == 4 ? 20 : 40) + (protocol == IpProtocol.Tcp ? 16 : 6);
}
