using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>What an error must quote to be translated, and what is made of it (RFC 5508 REQ-3).</summary>
public sealed class IcmpQuoteTests
{
    private const int Authentication = 51;
    private const int Fragment = 44;

    public static TheoryData<IpFamily> Families { get; } = [IpFamily.Ip4, IpFamily.Ip6];

    /// <summary>I-12: 8 bytes of the transport header are enough, 7 are not. A checksum is updated where it is quoted.</summary>
    [Theory]
    [Trait("Check", "I-12")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void EightQuotedBytesOfTheTransportHeaderAreEnoughAndSevenAreNot(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        int header = family == IpFamily.Ip4 ? 20 : 40;
        for (int length = 0; length <= 60; length++)
        {
            (IcmpSpec error, IcmpSpec expected) = Cut(scene.ToPod(scene.Router), length);
            KeepHalfChecksum(error.Quoted, expected.Quoted, header, protocol);
            if (length >= header + 8) scene.AssertToPod(error.Build(), expected.Build());
            else scene.AssertDropped(Outcome.IcmpQuote, error.Build());
            (error, expected) = Cut(scene.ToClient(scene.Router), length);
            KeepHalfChecksum(error.Quoted, expected.Quoted, header, protocol);
            if (length >= header + 8) scene.AssertToClient(error.Build(), expected.Build());
            else scene.AssertPasses(error.Build());
        }
    }

    /// <summary>I-4: options of the quoted header are passed over, whatever their length.</summary>
    [Theory]
    [Trait("Check", "I-4")]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void OptionsOfTheQuotedIp4HeaderArePassedOver(byte protocol)
    {
        using var scene = new IcmpScene(IpFamily.Ip4, protocol);
        for (int words = 1; words <= 10; words++)
        {
            byte[] options = [.. Enumerable.Repeat((byte)1, words * 4)];
            (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
            error = error with { Quoted = (scene.Received with { Ip4Options = options }).Build() };
            expected = expected with { Quoted = (scene.Sent with { Ip4Options = options }).Build() };
            scene.AssertToPod(error.Build(), expected.Build());
            int least = 20 + options.Length + 8;
            scene.AssertToPod(Cut(error, least).Build(), Cut(expected, least).Build());
            scene.AssertDropped(Outcome.IcmpQuote, Cut(error, least - 1).Build());
        }
    }

    /// <summary>Extension headers of the quoted packet are passed over, 8 of them at most, as far as they are quoted.</summary>
    [Theory]
    [Trait("Check", "I-4")]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void ExtensionHeadersOfTheQuotedIp6PacketArePassedOver(byte protocol)
    {
        using var scene = new IcmpScene(IpFamily.Ip6, protocol);
        int[] kinds = [0, 43, 60, 135, 139, 140, Fragment, Authentication, 60];
        for (int count = 1; count <= kinds.Length; count++)
        {
            (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
            foreach (int kind in kinds.Take(count).Reverse())
            {
                error = error with { Quoted = Extended(error.Quoted, kind, later: false) };
                expected = expected with { Quoted = Extended(expected.Quoted, kind, later: false) };
            }

            int least = error.Quoted.Length - 50 - (protocol == IpProtocol.Tcp ? 12 : 0);
            if (count > 8) scene.AssertDropped(Outcome.IcmpQuote, error.Build());
            else scene.AssertToPod(Cut(error, least).Build(), Cut(expected, least).Build());
            for (int length = 40; length < least; length += 7) scene.AssertDropped(Outcome.IcmpQuote, Cut(error, length).Build());
        }
    }

    /// <summary>The first fragment has the ports, the others have data in their place. SCTP's checksum needs the length of the whole packet and stays.</summary>
    [Theory]
    [Trait("Check", "MAL-14")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AQuotedFirstFragmentIsTranslatedAndALaterOneIsNot(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod(scene.Router);
        byte[] Quoted(PacketSpec spec, bool later) => family == IpFamily.Ip6
            ? Extended(spec.Build(), Fragment, later)
            : (spec with { Fragment = (ushort)(later ? 0x0005 : 0x2000) }).Build();
        (byte[] received, byte[] sent) = (Quoted(scene.Received, false), Quoted(scene.Sent, false));
        int crc = family == IpFamily.Ip4 ? 28 : 56;
        if (protocol == IpProtocol.Sctp) received.AsSpan(crc, 4).CopyTo(sent.AsSpan(crc));
        scene.AssertToPod((error with { Quoted = received }).Build(), (expected with { Quoted = sent }).Build());
        scene.AssertDropped(Outcome.IcmpQuote, (error with { Quoted = Quoted(scene.Received, true) }).Build());
        scene.AssertPasses((scene.ToClient().Error with { Quoted = Quoted(scene.Delivered, true) }).Build());
    }

    /// <summary>Also every protocol but TCP and UDP.</summary>
    [Theory]
    [Trait("Check", "MAL-14")]
    [MemberData(nameof(Families))]
    public void ANestedErrorIsNotTranslated(IpFamily family)
    {
        using var scene = new IcmpScene(family, IpProtocol.Udp);
        IcmpSpec error = scene.ToPod(scene.Router).Error;
        byte[] nested = (error with { From = error.To, To = scene.Request.From.Address }).Build();
        scene.AssertDropped(Outcome.IcmpQuote, (error with { Quoted = nested }).Build());
        scene.AssertPasses((scene.ToClient().Error with { Quoted = nested }).Build());
        for (int protocol = 0; protocol < 256; protocol++)
        {
            if (IpProtocol.HasPorts((byte)protocol)) continue;
            byte[] quoted = (scene.Received with { Protocol = (byte)protocol }).Build();
            scene.AssertDropped(Outcome.IcmpQuote, (error with { Quoted = quoted }).Build());
        }
    }

    /// <summary>I-2: RFC 5508 REQ-3.</summary>
    [Theory]
    [Trait("Check", "I-2")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AWrongIcmpChecksumIsDroppedSilentlyOrPasses(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        scene.AssertDropped(Outcome.IcmpDamaged, (scene.ToPod().Error with { Damage = 1 }).Build());
        scene.AssertPasses((scene.ToClient().Error with { Damage = 1 }).Build());
    }

    /// <summary>I-3: RFC 5508 REQ-3 a.</summary>
    [Theory]
    [Trait("Check", "I-3")]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void AWrongChecksumOfTheQuotedIp4HeaderIsDroppedSilentlyOrPasses(byte protocol)
    {
        using var scene = new IcmpScene(IpFamily.Ip4, protocol);
        byte[] Damaged(byte[] quoted)
        {
            quoted[11] ^= 1;
            return quoted;
        }

        scene.AssertDropped(Outcome.IcmpDamaged, (scene.ToPod().Error with { Quoted = Damaged(scene.Received.Build()) }).Build());
        scene.AssertPasses((scene.ToClient().Error with { Quoted = Damaged(scene.Delivered.Build()) }).Build());
    }

    /// <summary>I-5: RFC 5508 REQ-3 c; it stays wrong by the same amount.</summary>
    [Theory]
    [Trait("Check", "I-5")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AWrongQuotedTransportChecksumIsNotLookedAt(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        int offset = (family == IpFamily.Ip4 ? 20 : 40) + (protocol == IpProtocol.Tcp ? 16 : 6);
        byte[] Wrong(byte[] quoted)
        {
            ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(quoted.AsSpan(offset));
            BinaryPrimitives.WriteUInt16BigEndian(quoted.AsSpan(offset), (ushort)Tests.Net.ChecksumOracle.Add(checksum, 0x1234));
            return quoted;
        }

        (IcmpSpec error, IcmpSpec expected) = scene.ToPod();
        scene.AssertToPod((error with { Quoted = Wrong(error.Quoted) }).Build(), (expected with { Quoted = Wrong(expected.Quoted) }).Build());
    }

    /// <summary>I-6: RFC 4884 section 5: the quote ends where the length says, and what follows is none of it.</summary>
    [Theory]
    [Trait("Check", "I-6")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ExtensionsBehindTheQuoteStay(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        byte[] extension = [0x20, 0, 0, 0, 0, 8, 1, 1, 0xDE, 0xAD, 0xBE, 0xEF];
        int padded = 128;
        uint rest = family == IpFamily.Ip4 ? (uint)(padded / 4) << 16 : (uint)(padded / 8) << 24;
        IcmpSpec WithExtension(IcmpSpec spec) =>
            spec with { Rest = rest, Quoted = [.. spec.Quoted, .. new byte[padded - spec.Quoted.Length], .. extension] };
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod();
        scene.AssertToPod(WithExtension(error).Build(), WithExtension(expected).Build());

        // A quote that is said to end in front of the TCP checksum has none, whatever lies there.
        int eight = (family == IpFamily.Ip4 ? 20 : 40) + 8;
        uint shortRest = family == IpFamily.Ip4 ? (uint)(eight / 4) << 16 : (uint)(eight / 8) << 24;
        IcmpSpec cut = Cut(error, eight) with { Rest = shortRest };
        IcmpSpec expectedCut = Cut(expected, eight) with { Rest = shortRest };
        byte[] behind = new byte[20];
        scene.AssertToPod((cut with { Quoted = [.. cut.Quoted, .. behind] }).Build(), (expectedCut with { Quoted = [.. expectedCut.Quoted, .. behind] }).Build());
    }

    /// <summary>What the link puts behind the packet belongs neither to the checksum nor to the quote (test_icmp_echo_reply_trailer).</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ATrailerOfTheLinkIsNoPartOfTheError(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        for (int trailer = 1; trailer < 20; trailer += 6)
        {
            (IcmpSpec error, IcmpSpec expected) = Cut(scene.ToPod(), (family == IpFamily.Ip4 ? 20 : 40) + 8);
            scene.AssertToPod((error with { TrailerBytes = trailer }).Build(), (expected with { TrailerBytes = trailer }).Build());
            (error, expected) = scene.ToClient();
            scene.AssertToClient((error with { TrailerBytes = trailer }).Build(), (expected with { TrailerBytes = trailer }).Build());
        }
    }

    /// <summary>The rest lies in other pieces: nothing of it is needed, and the checksum, which cannot be verified, follows all the same.</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AnErrorThatGoesOnInAnotherPieceIsTranslated(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol) { IsChained = true };
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod();
        byte[] whole = error.Build();
        int ports = family == IpFamily.Ip4 ? 48 : 88;
        scene.AssertToPod(whole[..(ports + 18)], expected.Build()[..(ports + 18)]);
        scene.AssertDropped(Outcome.IcmpQuote, whole[..(ports + 7)]);
        scene.AssertDropped(Outcome.Truncated, whole[..(family == IpFamily.Ip4 ? 27 : 47)]);

        // A TCP checksum in another piece stays as it is; the error's own is right all the same.
        byte[] joined = [.. scene.Forward(whole[..(ports + 8)]).Bytes, .. whole[(ports + 8)..]];
        byte[] right = [.. joined];
        IcmpSpec.WriteChecksums(right);
        Assert.Equal(right, joined);
        Assert.Equal(expected.Build()[(ports - 20)..(ports + 8)], joined[(ports - 20)..(ports + 8)]);
    }

    /// <summary>Of a checksum of TCP or SCTP that is not quoted to its end nothing can be said: what there is stays as it came.</summary>
    internal static void KeepHalfChecksum(byte[] quoted, byte[] expected, int header, byte protocol)
    {
        int offset = header + (protocol == IpProtocol.Sctp ? 8 : 16);
        int end = offset + (protocol == IpProtocol.Sctp ? 4 : 2);
        if (protocol != IpProtocol.Udp && quoted.Length > offset && quoted.Length < end) quoted[offset..].CopyTo(expected, offset);
    }

    private static (IcmpSpec Error, IcmpSpec Expected) Cut((IcmpSpec Error, IcmpSpec Expected) pair, int length) =>
        (Cut(pair.Error, length), Cut(pair.Expected, length));

    private static IcmpSpec Cut(IcmpSpec spec, int length) => spec with { Quoted = spec.Quoted[..Math.Min(length, spec.Quoted.Length)] };

    /// <summary>The IPv6 packet with one more extension header in front of the others.</summary>
    private static byte[] Extended(byte[] packet, int kind, bool later)
    {
        var header = new byte[kind == Authentication ? 12 : 8];
        header[0] = packet[6];
        if (kind == Authentication) header[1] = 1;
        if (kind == Fragment) header[3] = (byte)(later ? 8 : 1);
        byte[] extended = [.. packet[..40], .. header, .. packet[40..]];
        extended[6] = (byte)kind;
        BinaryPrimitives.WriteUInt16BigEndian(extended.AsSpan(4), (ushort)(extended.Length - 40));
        return extended;
    }
}
