using System.Buffers.Binary;
using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// Packets whose headers lie: each is translated as the naive translator does it, or dropped for its reason with every byte as it was. Packets end at
/// forbidden memory, so a byte read behind one ends the test run. A flow beside them stays what it is.
/// </summary>
public sealed class MalformedTests
{
    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [Trait("Check", "MAL-01")]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void OfEveryIp4TotalLengthThoseWithAWholeL4HeaderAreTranslated(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip4);
        byte[] whole = (site.Request(protocol) with { PayloadBytes = 60 }).Build();
        for (int length = 0; length <= whole.Length; length++)
        {
            byte[] packet = [.. whole];
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)length);
            AssertEnds(site, packet, length < 20 + PacketSpec.L4BytesOf(protocol) ? Outcome.Truncated : Outcome.Translated, areChecksumsRight: false);
        }
    }

    [Theory]
    [Trait("Check", "MAL-02")]
    [MemberData(nameof(Families))]
    public void EveryTcpDataOffsetIsTranslated(IpFamily family)
    {
        using var site = new Topology(family);
        foreach (int payload in (int[])[0, 1, 40])
        {
            for (int words = 0; words < 16; words++)
            {
                byte[] packet = (site.Request(IpProtocol.Tcp) with { PayloadBytes = payload }).Build();
                int l4 = packet.Length - payload - 20;
                packet[l4 + 12] = (byte)(words << 4);
                PacketChecksums.Write(packet, l4, IpProtocol.Tcp);
                AssertEnds(site, packet, Outcome.Translated);
            }
        }
    }

    [Theory]
    [Trait("Check", "MAL-03")]
    [MemberData(nameof(Families))]
    public void EveryUdpLengthIsTranslated(IpFamily family)
    {
        using var site = new Topology(family);
        for (int length = 0; length <= ushort.MaxValue; length += length < 64 ? 1 : 977)
        {
            byte[] packet = site.Request(IpProtocol.Udp).Build();
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan((family == IpFamily.Ip4 ? 20 : 40) + 4), (ushort)length);
            AssertEnds(site, packet, Outcome.Translated, areChecksumsRight: false);
        }
    }

    [Theory]
    [Trait("Check", "MAL-04")]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void Ip4OptionsOfEveryLengthArePassedOver(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip4);
        for (int words = 1; words <= 10; words++)
        {
            byte[] whole = (site.Request(protocol) with { Ip4Options = [.. Enumerable.Repeat((byte)1, words * 4)] }).Build();
            AssertEnds(site, whole, Outcome.Translated);
            int needed = 20 + (words * 4) + PacketSpec.L4BytesOf(protocol);
            for (int length = 20; length < needed; length++) AssertEnds(site, whole[..length], Outcome.Truncated);
        }
    }

    [Theory]
    [Trait("Check", "MAL-06")]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void OfEveryIp6PayloadLengthThoseWithAWholeL4HeaderAndNoMoreThanThereIsAreTranslated(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip6);
        byte[] whole = (site.Request(protocol) with { PayloadBytes = 60 }).Build();
        for (int length = 0; length <= ushort.MaxValue; length += length < 200 ? 1 : 1009)
        {
            byte[] packet = [.. whole];
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)length);
            bool isWhole = length >= PacketSpec.L4BytesOf(protocol) && length <= whole.Length - 40;
            AssertEnds(site, packet, isWhole ? Outcome.Translated : Outcome.Truncated, areChecksumsRight: false);
        }
    }

    /// <summary>A chain of extension headers is as long or as wrong as it likes: nobody walks it.</summary>
    [Theory]
    [Trait("Check", "MAL-07")]
    [InlineData(51)]
    [InlineData(135)]
    [InlineData(139)]
    [InlineData(140)]
    public void ChainsOfHeadersThatAreNotPassedOverAreDropped(byte kind)
    {
        using var site = new Topology(IpFamily.Ip6);
        byte[] plain = site.Request(IpProtocol.Udp).Build();
        for (int count = 1; count <= 20; count++)
        {
            foreach (byte lengthUnits in (byte[])[0, 1, 255])
            {
                byte[] chain = [.. Enumerable.Range(1, count).SelectMany(n => new byte[] { n == count ? IpProtocol.Udp : (byte)60, lengthUnits, 1, 4, 0, 0, 0, 0 })];
                byte[] packet = [.. plain[..40], .. chain, .. plain[40..]];
                packet[6] = kind;
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
                for (int cut = 0; cut <= chain.Length; cut += 5) AssertEnds(site, packet[..(packet.Length - cut)], Outcome.ExtensionHeader);
                AssertEnds(site, packet[..41], Outcome.ExtensionHeader);
            }
        }
    }

    [Theory]
    [Trait("Check", "MAL-07")]
    [InlineData(59)]
    [InlineData(253)]
    [InlineData(255)]
    public void NoNextHeaderAndUnknownOnesAreDropped(byte nextHeader)
    {
        using var site = new Topology(IpFamily.Ip6);
        byte[] packet = site.Request(IpProtocol.Udp).Build();
        packet[6] = nextHeader;
        AssertEnds(site, packet, Outcome.ProtocolNotSupported);
    }

    [Theory]
    [Trait("Check", "MAL-12")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void EveryExtremePairOfPortsIsAFlowOfItsOwn(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 256, ReturnBucketCount = 256 });
        int[] ports = [0, 1, 80, 8080, 32_768, 65_535];
        foreach (int port in ports)
        {
            Assert.Equal(SessionUse.First, AssertEnds(site, site.Request(protocol, port).Build(), Outcome.Translated).Session);
            Assert.Equal(port == 80 ? Outcome.Translated : Outcome.UnknownPort, site.Forward(site.Request(protocol, 80, vipPort: port)).Outcome);
        }

        foreach (int from in ports)
        {
            foreach (int to in ports)
            {
                PacketSpec request = new(Site.Client(family, 3, from), Site.Vip(family, 7, to), protocol);
                Verdict verdict = site.Forward(new TestPacket(request.Build(), 2));
                Assert.Equal((Outcome.Translated, SessionUse.First), (verdict.Outcome, verdict.Session));
                Assert.Equal(Translation.ToPod(request.Build(), site.PodOf(verdict.PodSlot, to)), verdict.Bytes);
            }
        }
    }

    [Theory]
    [Trait("Check", "MAL-19")]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void ATrailerOfTheLinkOfAnyLengthStays(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        byte[] packet = (site.Request(protocol) with { PayloadBytes = 1 }).Build();
        for (int trailer = 1; trailer <= 46; trailer++)
            AssertEnds(site, [.. packet, .. Enumerable.Range(1, trailer).Select(value => (byte)value)], Outcome.Translated);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void NoiseIsDroppedOrTranslatedAndNothingBesideItIsTouched(IpFamily family)
    {
        using var site = new Topology(family);
        var random = new Random(77);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] packet = site.Request(round % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp, clientPort: (round % 9) + 1).Build();
            for (int change = random.Next(4); change > 0; change--) packet[random.Next(Math.Min(packet.Length, 60))] = (byte)random.Next(256);
            packet = packet[..(packet.Length - random.Next(packet.Length + 1))];
            Verdict verdict = site.Forward(packet);
            if (verdict.Outcome != Outcome.Translated) Assert.Equal(packet, verdict.Bytes);
            Assert.Equal(packet.Length, verdict.Bytes.Length);
        }

        site.Path.Audit();
    }

    /// <summary>The packet, and a canary flow behind it.</summary>
    private static Verdict AssertEnds(Topology site, byte[] packet, Outcome outcome, bool areChecksumsRight = true)
    {
        PacketSpec canary = site.Request(IpProtocol.Udp, clientPort: 5, client: 9);
        byte[] expectedCanary = Translation.ToPod(canary.Build(), site.PodOf(site.Forward(canary).PodSlot, 80));
        Verdict[] verdicts = site.Forward(packet, canary);
        Assert.Equal(expectedCanary, verdicts[1].Bytes);
        Assert.Equal(outcome, verdicts[0].Outcome);
        if (outcome != Outcome.Translated) Assert.Equal(packet, verdicts[0].Bytes);
        else if (areChecksumsRight) Assert.Equal(Translation.ToPod(packet, site.PodOf(verdicts[0].PodSlot, 80)), verdicts[0].Bytes);
        else AssertPlainChange(site, packet, verdicts[0]);
        return verdicts[0];
    }

    /// <summary>Address, port and checksums are the pod's, and what was wrong about the checksums stays wrong by the same amount.</summary>
    private static void AssertPlainChange(Topology site, byte[] packet, Verdict verdict)
    {
        bool isIp4 = site.Family == IpFamily.Ip4;
        int l4 = isIp4 ? 20 : 40;
        byte protocol = isIp4 ? packet[9] : packet[6];
        int checksum = l4 + (protocol == IpProtocol.Tcp ? 16 : 6);
        IPEndPoint pod = site.PodOf(verdict.PodSlot, 80);
        byte[] expected = [.. packet];
        pod.Address.GetAddressBytes().CopyTo(expected, isIp4 ? 16 : 24);
        BinaryPrimitives.WriteUInt16BigEndian(expected.AsSpan(l4 + 2), (ushort)pod.Port);
        if (isIp4) verdict.Bytes.AsSpan(10, 2).CopyTo(expected.AsSpan(10));
        verdict.Bytes.AsSpan(checksum, 2).CopyTo(expected.AsSpan(checksum));
        Assert.Equal(expected, verdict.Bytes);
        byte[] sound = site.Request(protocol, clientPort: BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(l4))).Build();
        byte[] soundToPod = Translation.ToPod(sound, pod);
        Assert.Equal(Change(sound, soundToPod, l4 + (protocol == IpProtocol.Tcp ? 16 : 6)), Change(packet, verdict.Bytes, checksum));
    }

    /// <summary>What a checksum has changed by, modulo 2^16 - 1.</summary>
    private static int Change(byte[] before, byte[] after, int offset)
    {
        int difference = BinaryPrimitives.ReadUInt16BigEndian(after.AsSpan(offset)) - BinaryPrimitives.ReadUInt16BigEndian(before.AsSpan(offset));
        return ((difference % 0xFFFF) + 0xFFFF) % 0xFFFF;
    }
}
