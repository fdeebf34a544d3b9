using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Duel;
using KubeProxy.Properties.Tests.Generators;
using Xunit;
using Verdict = KubeProxy.Oracle.Verdict;

namespace KubeProxy.Properties.Tests;

/// <summary>What is true of every packet, said without a translator to compare with.</summary>
public sealed class PacketPropertyTests
{
    private const int Plays = 60;

    [Fact]
    [Trait("Check", "P2")]
    public void WhatIsTranslatedAndTranslatedBackIsWhatItWas() => Each((play, packet, verdict) =>
    {
        PlainPacket sent = new(packet);
        PlainPacket got = new(verdict.Packet);
        if (verdict.Flow == FlowCount.None || sent.Shape != Shape.Whole || sent.IsEchoRequest || sent.Bytes.Length != sent.ClaimedBytes) return;

        // The pod sends back the very bytes that it got, and both ends of both packets are exchanged.
        byte[] back = Rewriter.Rewrite(got, new Ends(got.Destination, got.DestinationPort, got.Source, got.SourcePort));
        Verdict answer = play.Judge.Return(back);
        Assert.Equal(Fate.Translated, answer.Fate);
        PlainPacket came = new(answer.Packet);
        byte[] again = Rewriter.Rewrite(came, new Ends(came.Destination, came.DestinationPort, came.Source, came.SourcePort));
        Assert.Equal(Convert.ToHexString(Settled(sent)), Convert.ToHexString(again));
    });

    [Fact]
    [Trait("Check", "P3")]
    public void RightChecksumsStayRightAndWrongOnesWrongByTheSameAmount() => Each((_, packet, verdict) =>
    {
        PlainPacket before = new(packet);
        PlainPacket after = new(verdict.Packet);
        if (before.Shape != Shape.Whole || before.ClaimsMoreThanThereIs) return;
        if (!before.Ip6) Assert.Equal(Wire.Sum(packet.AsSpan(0, before.L4)), Wire.Sum(verdict.Packet.AsSpan(0, after.L4)));
        Assert.Equal(Error(before), Error(after));
    });

    [Fact]
    [Trait("Check", "P4")]
    public void NoByteChangesButAddressesPortsAndChecksums() => Each((_, packet, verdict) =>
    {
        PlainPacket before = new(packet);
        Assert.Equal(packet.Length, verdict.Packet.Length);
        for (int i = 0; i < packet.Length; i++)
            if (packet[i] != verdict.Packet[i]) Assert.True(MayChange(before, verdict, i), $"byte {i} of {Convert.ToHexString(packet)}");
    });

    [Fact]
    [Trait("Check", "P5")]
    public void NoByteOutsideAPacketIsReadOrWrittenWhateverThePacketIs()
    {
        // Packets end, then start, at pages that nobody may touch; what lies on the other side is poison that is looked at.
        foreach (bool atStart in (bool[])[false, true])
        {
            Scenario.Each(20, 13, scenario =>
                {
                    using var play = new Play(scenario);
                    play.Routers.Real.Path.Arena.PlacesAtStart = atStart;
                    play.Run();
                    play.Throw(new Random(scenario.Configuration), 300);
                });
        }
    }

    /// <summary>Plays scenarios and looks at every packet that was translated towards a pod of its own family.</summary>
    private static void Each(Action<Play, byte[], Verdict> look) => Scenario.Each(Plays, 14, scenario =>
        {
            using var play = new Play(scenario);
            play.Translated = (packet, verdict) =>
            {
                if (packet[0] >> 4 == verdict.Packet[0] >> 4) look(play, packet, verdict);
            };
            play.Run();
        });

    /// <summary>A UDP checksum of all ones and one of 0 say the same in sums; 0 stands for none and stays.</summary>
    private static byte[] Settled(PlainPacket packet) =>
        Rewriter.Rewrite(packet, new Ends(packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort));

    /// <summary>How far a transport checksum is off; the bits of SCTP's, the sum of all others.</summary>
    private static long Error(PlainPacket packet)
    {
        ReadOnlySpan<byte> message = packet.Bytes.AsSpan(packet.L4, packet.End - packet.L4);
        if (packet.Protocol == IpProtocol.Sctp)
        {
            byte[] clear = [.. message];
            clear.AsSpan(8, 4).Clear();
            return Wire.Crc32c(clear) ^ BitConverter.ToUInt32(message[8..]);
        }

        int offset = IpProtocol.ChecksumOffset(packet.Protocol, packet.Ip6);
        if (offset < 0 || Wire.Word(packet.Bytes, packet.L4 + offset) == 0 && packet.Protocol is IpProtocol.Udp or IpProtocol.UdpLite) return -1;
        return (Wire.Sum(message) + Wire.Sum(packet.Source, packet.Destination)) % 65535;
    }

    private static bool MayChange(PlainPacket packet, Verdict verdict, int offset)
    {
        if (packet.Ip6 ? offset is >= 8 and < 40 : offset is 10 or 11 or (>= 12 and < 20)) return true;
        if (verdict.Flow == FlowCount.None) return offset >= packet.L4 + 2;
        int at = offset - packet.L4;
        int checksum = IpProtocol.ChecksumOffset(packet.Protocol, packet.Ip6);
        bool isCrc = packet.Protocol == IpProtocol.Sctp && at is >= 8 and < 12;
        return isCrc || (checksum >= 0 && at >= checksum && at < checksum + 2) || (packet.HasPorts && at is >= 0 and < 4);
    }
}
