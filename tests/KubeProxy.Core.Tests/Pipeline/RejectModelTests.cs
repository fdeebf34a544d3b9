using System.Buffers.Binary;
using System.Net;
using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using PacketDotNet;
using PacketDotNet.Utils;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Random packets: every answer parses, has right checksums, goes back where the packet came from, and quotes it.</summary>
public sealed class RejectModelTests
{
    private static readonly Gen<PacketSpec> Packets =
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 1600], Gen.Int[1, 65535], Gen.Int[0, 65535], Gen.Byte, Gen.Int[0, 1_000_000])
            .Select((isIp4, isTcp, payload, clientPort, vipPort, flags, seed) =>
            {
                IpFamily family = isIp4 ? IpFamily.Ip4 : IpFamily.Ip6;
                return new PacketSpec(Site.Client(family, (seed % 200) + 1, clientPort), Site.Vip(family, 1, vipPort), isTcp ? IpProtocol.Tcp : IpProtocol.Udp)
                {
                    PayloadBytes = payload,
                    TcpFlags = flags,
                    Seed = seed,
                    Ip4Options = isIp4 && seed % 5 == 0 ? new byte[seed % 11 * 4] : [],
                };
            });

    [Fact]
    public void EveryAnswerIsRight()
    {
        using var scene4 = new RejectScene(IpFamily.Ip4);
        using var scene6 = new RejectScene(IpFamily.Ip6);
        Packets.Sample(
            spec =>
            {
                byte[] packet = spec.Build();
                RejectScene scene = packet[0] >> 4 == 4 ? scene4 : scene6;
                scene.NowSeconds++;
                Refusal refusal = scene.Refuse(packet);
                if (refusal.Rejection == Rejection.Reset) AssertReset(spec, packet, refusal.Bytes);
                else if (refusal.Rejection == Rejection.PortUnreachable) AssertUnreachable(spec, packet, refusal.Bytes);
                else Assert.True(spec.Protocol == IpProtocol.Tcp && (spec.TcpFlags & 4) != 0, $"{spec} was not answered: {refusal.Rejection}");
            },
            iter: 3000,
            threads: 1);
    }

    /// <summary>Bytes that mean nothing, or packets with some bits turned: no answer is sent to nobody, nothing beside the packet is touched.</summary>
    [Fact]
    public void NoiseIsNeverAnsweredWrongly()
    {
        using var scene4 = new RejectScene(IpFamily.Ip4) { IsChecksumSettled = true };
        using var scene6 = new RejectScene(IpFamily.Ip6) { IsChecksumSettled = true };
        Gen.Select(Packets, Gen.Select(Gen.Int[0, 79], Gen.Byte).Array[0, 6], Gen.Int[0, 200]).Sample(
            (spec, changes, cut) =>
            {
                byte[] packet = spec.Build();
                IpFamily family = packet[0] >> 4 == 4 ? IpFamily.Ip4 : IpFamily.Ip6;
                foreach ((int offset, byte value) in changes) packet[Math.Min(offset, packet.Length - 1)] = value;
                packet = packet[..(packet.Length - Math.Min(cut > 100 ? 0 : cut, packet.Length))];
                RejectScene scene = family == IpFamily.Ip4 ? scene4 : scene6;
                scene.NowSeconds++;
                Refusal refusal = scene.Refuse(packet);
                if (refusal.Bytes.Length != 0) AssertGoesBack(family, packet, refusal.Bytes);
            },
            iter: 3000,
            threads: 1);
    }

    [Fact]
    public void AnAnswerAllocatesNothing()
    {
        using var scene = new RejectScene(IpFamily.Ip6);
        byte[] packet = new PacketSpec(Site.Client(IpFamily.Ip6), Site.Vip(IpFamily.Ip6), IpProtocol.Udp).Build();
        _ = scene.Refuse(packet);
        Assert.Equal(0, AllocatedByAnAnswer(packet));
    }

    private static unsafe long AllocatedByAnAnswer(byte[] packet)
    {
        byte* room = stackalloc byte[64 + packet.Length];
        packet.CopyTo(new Span<byte>(room + 64, packet.Length));
        RejectPacket input = new() { Start = room + 64, AvailableBytes = (uint)packet.Length, HeadroomBytes = 64 };
        RejectLimit limit = RejectLimit.Create(1, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RejectAnswer answer = Reject<Ip6Reject>.Answer(&input, &limit, 0);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return answer.Rejection == Rejection.PortUnreachable ? allocated : throw new InvalidOperationException($"{answer.Rejection}");
    }

    private static void AssertReset(PacketSpec spec, byte[] packet, byte[] answer)
    {
        AssertHeader(packet, answer, IpProtocol.Tcp);
        int l4 = answer.Length - 20;
        var tcp = new TcpPacket(new ByteArraySegment(answer[l4..]));
        Assert.Equal((spec.To.Port, spec.From.Port), (tcp.SourcePort, tcp.DestinationPort));
        Assert.True(tcp.Reset);
        Assert.False(tcp.Synchronize || tcp.Finished || tcp.Push || tcp.Urgent);
        byte[] again = [.. answer];
        PacketChecksums.Write(again, l4, IpProtocol.Tcp);
        Assert.Equal(again, answer);
    }

    private static void AssertUnreachable(PacketSpec spec, byte[] packet, byte[] answer)
    {
        bool isIp4 = packet[0] >> 4 == 4;
        AssertHeader(packet, answer, isIp4 ? IpProtocol.Icmp : IpProtocol.Icmp6);
        int icmp = isIp4 ? 20 : 40;
        Assert.Equal(isIp4 ? 0x0303 : 0x0104, BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(icmp)));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(icmp + 4)));
        Assert.Equal(ExpectedAnswer.IcmpChecksum(answer), BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(icmp + 2)));
        int limit = isIp4 ? 576 : 1280;
        Assert.Equal(Math.Min(limit, icmp + 8 + packet.Length), answer.Length);
        Assert.Equal(packet[..(answer.Length - icmp - 8)], answer[(icmp + 8)..]);
        Assert.Equal(IpProtocol.Udp, spec.Protocol);
    }

    private static void AssertHeader(byte[] packet, byte[] answer, byte protocol)
    {
        bool isIp4 = packet[0] >> 4 == 4;
        AssertGoesBack(isIp4 ? IpFamily.Ip4 : IpFamily.Ip6, packet, answer);
        Assert.Equal(answer.Length, PacketChecksums.LengthBytes(answer));
        Assert.Equal(protocol, isIp4 ? answer[9] : answer[6]);
        Assert.Equal(64, isIp4 ? answer[8] : answer[7]);
        byte[] again = [.. answer];
        if (isIp4) PacketChecksums.Write(again, 20, IpProtocol.Icmp);
        Assert.Equal(again, answer);
    }

    private static void AssertGoesBack(IpFamily family, byte[] packet, byte[] answer)
    {
        (IPAddress from, IPAddress to) = Addresses(family, packet);
        Assert.Equal((to, from), Addresses(family, answer));
        Assert.False(IPAddress.IsLoopback(from) || from.IsIPv6Multicast || from.Equals(IPAddress.Any) || from.Equals(IPAddress.IPv6Any));
        Assert.True(family == IpFamily.Ip6 || from.GetAddressBytes()[0] is > 0 and < 224);
    }

    private static (IPAddress From, IPAddress To) Addresses(IpFamily family, byte[] packet) => family == IpFamily.Ip4
        ? (new IPAddress(packet.AsSpan(12, 4)), new IPAddress(packet.AsSpan(16, 4)))
        : (new IPAddress(packet.AsSpan(8, 16)), new IPAddress(packet.AsSpan(24, 16)));
}
