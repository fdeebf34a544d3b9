using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>TCP and UDP behind IPv6 extension headers: eight at most, and none that says where the packet goes or what its addresses are.</summary>
public sealed class ExtensionStories
{
    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte DestinationOptions = 60;
    private const int MaxHeaders = 8;

    public static TheoryData<byte> Protocols => [IpProtocol.Tcp, IpProtocol.Udp];

    [Theory]
    [Trait("Check", "V-2")]
    [MemberData(nameof(Protocols))]
    public void PacketsBehindHeadersThatLeaveThemWhereTheyAreAreTranslatedBothWays(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip6);
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        foreach (byte first in (byte[])[HopByHop, Routing, DestinationOptions])
        {
            for (int count = 1; count <= MaxHeaders; count++)
            {
                byte[] chain = Chain(first, count);
                byte[] expected = With(Translation.ToPod(request.Build(), site.PodOf(pod, 80)), chain);
                Verdict verdict = site.Forward(With(request.Build(), chain));
                Assert.Equal((Outcome.Translated, SessionUse.Existing, pod), (verdict.Outcome, verdict.Session, verdict.PodSlot));
                Assert.Equal(expected, verdict.Bytes);

                byte[] answer = site.Answer(request, pod).Build();
                Verdict back = site.Return(With(answer, chain));
                Assert.Equal((Outcome.Translated, SessionUse.Existing), (back.Outcome, back.Session));
                Assert.Equal(With(Translation.FromVip(answer, request.To), chain), back.Bytes);
            }
        }
    }

    /// <summary>Whole packets and those with extension headers share the session, whichever comes first; a SYN behind one opens a connection.</summary>
    [Fact]
    [Trait("Check", "V-2")]
    public void AConnectionMayBeginBehindAnExtensionHeader()
    {
        using var site = new Topology(IpFamily.Ip6);
        PacketSpec request = site.Request(IpProtocol.Tcp);
        Verdict first = site.Forward(With((request with { TcpFlags = PacketSpec.Syn }).Build(), Chain(DestinationOptions, 1)));
        Assert.Equal((Outcome.Translated, SessionUse.First), (first.Outcome, first.Session));
        Assert.Equal((SessionUse.Existing, first.PodSlot), (site.Forward(request).Session, site.Forward(request).PodSlot));
        site.Path.Audit();
    }

    [Theory]
    [Trait("Check", "V-2")]
    [Trait("Check", "V-5")]
    [Trait("Check", "MAL-07")]
    [MemberData(nameof(Protocols))]
    public void EveryOtherChainIsDroppedAndPassesFromAPod(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip6);
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        byte[] segmentLeft = Chain(Routing, 1);
        segmentLeft[4] = 1;
        byte[] tooLong = Chain(DestinationOptions, 1);
        tooLong[2] = 255;
        byte[][] chains =
        [
            Chain(DestinationOptions, MaxHeaders + 1), Chain(HopByHop, 20), segmentLeft, tooLong,
            [HopByHop, 0, 1, 4, 0, 0, 0, 0, protocol, 0, 1, 4, 0, 0, 0, 0], [IpProtocol.Ip6Fragment, 0, 1, 4, 0, 0, 0, 0, protocol, 0, 0, 0, 0, 0, 0, 1],
        ];
        foreach (byte[] chain in chains)
        {
            byte[] packet = With(request.Build(), chain);
            Verdict verdict = site.Forward(packet);
            Assert.Equal(Outcome.ExtensionHeader, verdict.Outcome);
            Assert.Equal(packet, verdict.Bytes);
            byte[] answer = With(site.Answer(request, pod).Build(), chain);
            Assert.Equal(answer, site.Return(answer).Bytes);
        }
    }

    /// <summary>However the packet is cut, no byte behind its end is read, and what is not translated stays as it is.</summary>
    [Theory]
    [Trait("Check", "MAL-07")]
    [MemberData(nameof(Protocols))]
    public void ACutChainIsDropped(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip6);
        byte[] packet = With(site.Request(protocol).Build(), Chain(HopByHop, 3));
        for (int length = 40; length < packet.Length; length++)
        {
            byte[] cut = packet[..length];
            BinaryPrimitives.WriteUInt16BigEndian(cut.AsSpan(4), (ushort)(length - 40));
            Verdict verdict = site.Forward(cut);
            int l4 = 40 + 24;
            Assert.Equal(length >= l4 + PacketSpec.L4BytesOf(protocol), verdict.Outcome == Outcome.Translated);
            if (verdict.Outcome != Outcome.Translated) Assert.Equal(cut, verdict.Bytes);
        }
    }

    /// <summary>The first header of a kind, all others destination options; all of them of eight bytes, padding inside.</summary>
    private static byte[] Chain(byte first, int count) =>
        [first, .. Enumerable.Range(1, count).SelectMany(n => new byte[] { n == count ? (byte)255 : DestinationOptions, 0, 1, (byte)(n == 1 && first == Routing ? 0 : 4), 0, 0, 0, 0 })];

    /// <summary>The packet with a chain in front of its transport header; a chain begins with its own kind, and its last header names the protocol.</summary>
    private static byte[] With(byte[] packet, byte[] chain)
    {
        byte[] headers = chain.Length % 8 == 1 ? [.. chain[1..]] : [.. chain];
        byte kind = chain.Length % 8 == 1 ? chain[0] : DestinationOptions;
        if (chain.Length % 8 == 1) headers[^8] = packet[6];
        byte[] extended = [.. packet[..40], .. headers, .. packet[40..]];
        extended[6] = kind;
        BinaryPrimitives.WriteUInt16BigEndian(extended.AsSpan(4), (ushort)(extended.Length - 40));
        return extended;
    }
}
