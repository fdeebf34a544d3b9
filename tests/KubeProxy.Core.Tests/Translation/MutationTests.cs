using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Core.Translation;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>
/// Packets with wrong bytes in them, cut short, or claiming to go on elsewhere, each at the end of its page: a byte read or written behind it ends the
/// process. What has become of one stays inside its memory, and no byte is allocated.
/// </summary>
public sealed unsafe class MutationTests
{
    private const int Rounds = 200_000;
    private const uint Headroom = 64;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void NoByteOutsideIsTouched(int seed)
    {
        var random = new Random(seed);
        using var arena = new PacketArena();
        byte[][] originals = Originals();
        var outcomes = new Dictionary<Outcome, int>();
        Prefix64 prefix = Prefix64.WellKnown;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Mutated(originals[random.Next(originals.Length)], random);
            byte* start = arena.Put(0, bytes);
            var packet = new TranslatablePacket
            {
                Start = start,
                AvailableBytes = (uint)bytes.Length,
                HeadroomBytes = Headroom,
                IsChained = random.Next(8) == 0,
            };
            long before = GC.GetAllocatedBytesForCurrentThread();
            Outcome outcome = Run(&packet, &prefix, random.Next(3));
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            Assert.True(packet.Start >= start - Headroom && packet.Start + packet.AvailableBytes <= start + bytes.Length);
            Assert.Equal((uint)(packet.Start - (start - Headroom)), packet.HeadroomBytes);
            if (outcome != Outcome.Translated) Assert.Equal(bytes, new ReadOnlySpan<byte>(start, bytes.Length));
        }

        Assert.True(outcomes[Outcome.Translated] > Rounds / 20);
        Assert.True(outcomes.Count > 5);
    }

    private static Outcome Run(TranslatablePacket* packet, Prefix64* prefix, int which)
    {
        if (which == 0) return Ip4ToIp6.Translate(packet, prefix);
        return which == 1 ? Ip6ToIp4.Translate(packet, prefix, 7) : Ip6HeaderChain.Strip(packet);
    }

    private static byte[] Mutated(byte[] original, Random random)
    {
        byte[] bytes = [.. original.AsSpan(0, random.Next(4) == 0 ? random.Next(original.Length + 1) : original.Length)];
        for (int flips = random.Next(4); flips > 0 && bytes.Length > 0; flips--)
        {
            int at = random.Next(2) == 0 ? random.Next(Math.Min(bytes.Length, 80)) : random.Next(bytes.Length);
            bytes[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(bytes[at] ^ (1 << random.Next(8))), _ => byte.MaxValue };
        }

        // Otherwise most errors would end at their checksum.
        if (bytes.Length < 48 || bytes[0] is not (0x45 or 0x60)) return bytes;
        bool isIp4 = bytes[0] == 0x45;
        bool isIcmp = bytes[isIp4 ? 9 : 6] == (isIp4 ? IpProtocol.Icmp : IpProtocol.Icmp6);
        int length = PacketChecksums.LengthBytes(bytes);
        if (isIcmp && length <= bytes.Length && length >= (isIp4 ? 28 : 48)) IcmpSpec.WriteChecksums(bytes);
        return bytes;
    }

    private static byte[][] Originals()
    {
        Wire tcp = Twins.Out4(IpProtocol.Tcp, 60);
        Wire part = tcp with { Part = (0, 40), Id = 9 };
        byte[] extension = [0x20, 0, 1, 2, 0, 8, 1, 1, 9, 9, 9, 9];
        byte[] quoted = (tcp with { Datagram = Wire.DatagramOf(IpProtocol.Tcp, 300) }).Build()[..128];
        byte[] quoted6 = Twins.Out6(tcp with { Datagram = Wire.DatagramOf(IpProtocol.Tcp, 300) }).Build()[..128];
        return
        [
            Twins.In4(IpProtocol.Udp, 40).Build(), (Twins.In4(IpProtocol.Udp, 40) with { HasNoChecksum = true }).Build(), tcp.Build(), part.Build(),
            Twins.Out6(tcp).Build(), Twins.Out6(part).Build(), (Twins.Out6(part) with { Between = [43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0] }).Build(),
            (tcp with { Between = [131, 7, 8, 1, 2, 3, 4, 0] }).Build(),
            IcmpWire.In4(3, 4, 1400, tcp.Build()).Build(), IcmpWire.In4(12, 0, 0x0800_0000, part.Build()).Build(),
            IcmpWire.In4(11, 0, 32u << 16, [.. quoted, .. extension]).Build(),
            IcmpWire.In6(2, 0, 1400, Twins.Out6(tcp).Build()).Build(), IcmpWire.In6(3, 0, 16u << 24, [.. quoted6, .. extension]).Build(),
            IcmpWire.In6(1, 4, 0, Twins.Out6(part).Build()).Build(),
            new Wire(Twins.Far4, Twins.Near4, IpProtocol.Icmp, IcmpWire.Echo(8, 30)).Build(),
            new Wire(Twins.Far6, Twins.Near6, IpProtocol.Icmp6, IcmpWire.Echo(129, 30)).Build(),
        ];
    }
}
