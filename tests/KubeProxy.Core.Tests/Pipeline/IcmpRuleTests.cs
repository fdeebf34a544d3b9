using System.Buffers.Binary;
using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Which ICMP messages are translated, and that none touches a session (RFC 5508 REQ-6, RFC 4787 REQ-12, RFC 5382 REQ-10).</summary>
public sealed class IcmpRuleTests
{
    /// <summary>I-9, U-5, T-6, MAL-14: every type there is quotes the session; the scene compares all memory of sessions each time.</summary>
    [Theory]
    [Trait("Check", "I-9")]
    [Trait("Check", "U-5")]
    [Trait("Check", "T-6")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void OfAllTypesOnlyErrorsAreTranslatedAndNoneTouchesASession(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        byte echo = family == IpFamily.Ip4 ? (byte)8 : (byte)128;
        for (int type = 0; type < 256; type++)
        {
            (IcmpSpec error, IcmpSpec expected) = scene.ToPod();
            (error, expected) = (error with { Type = (byte)type }, expected with { Type = (byte)type });
            if (IsError(family, type)) scene.AssertToPod(error.Build(), expected.Build());
            else scene.AssertDropped(type == echo ? Outcome.EchoRequest : Outcome.IcmpNotSupported, error.Build());
            (error, expected) = scene.ToClient();
            (error, expected) = (error with { Type = (byte)type }, expected with { Type = (byte)type });
            if (IsError(family, type)) scene.AssertToClient(error.Build(), expected.Build());
            else scene.AssertPasses(error.Build());
        }

        Assert.Equal(SessionUse.Existing, scene.Forward(scene.Request).Session);
    }

    /// <summary>I-9: neither direction's errors keep a session from ending when its time has passed.</summary>
    [Theory]
    [Trait("Check", "I-9")]
    [Trait("Check", "U-5")]
    [Trait("Check", "T-6")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ErrorsDoNotKeepASessionAlive(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        for (int i = 0; i < 3; i++)
        {
            (IcmpSpec error, IcmpSpec expected) = scene.ToPod();
            scene.AssertToPod(error.Build(), expected.Build());
            (error, expected) = scene.ToClient();
            scene.AssertToClient(error.Build(), expected.Build());
            scene.Site.Path.Pass(protocol == IpProtocol.Tcp ? 25ul : 40);
        }

        scene.AssertDropped(Outcome.IcmpNoSession, scene.ToPod().Error.Build());
        scene.AssertPasses(scene.ToClient().Error.Build());
    }

    /// <summary>MAL-14: whatever bits are turned, nothing outside the packet is touched, no session changes, and a right checksum stays right.</summary>
    [Theory]
    [Trait("Check", "MAL-14")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void NoiseTouchesNeitherMemoryNorSessions(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        byte[] sessions = scene.SessionMemory();
        byte[][] errors = [scene.ToPod().Error.Build(), scene.ToClient().Error.Build()];
        Gen.Select(Gen.Bool, Gen.Select(Gen.Int[0, 120], Gen.Byte).Array[0, 4], Gen.Int[0, 200], Gen.Bool, Gen.Bool).Sample(
            (isForward, changes, cut, isAtStart, isRepaired) =>
            {
                byte[] packet = [.. errors[isForward ? 0 : 1]];
                foreach ((int offset, byte value) in changes) packet[Math.Min(offset, packet.Length - 1)] = value;
                if (isRepaired && !TryRepair(family, packet)) return;
                packet = packet[..(packet.Length - Math.Min(cut > 120 ? 0 : cut, packet.Length))];
                scene.Site.Path.Arena.PlacesAtStart = isAtStart;
                Verdict verdict = isForward ? scene.Forward(packet) : scene.Return(packet);
                Assert.Equal(sessions, scene.SessionMemory());
                if (verdict.Outcome != Outcome.Translated) Assert.Equal(packet, verdict.Bytes);
                else if (isRepaired && cut > 120) Assert.True(IsRight(verdict.Bytes), "the checksum is wrong");
            },
            iter: 4000,
            threads: 1);
        scene.Site.Path.Arena.PlacesAtStart = false;
    }

    /// <summary>Random sessions' packets: full recompute and incremental update agree on every byte.</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void EveryQuoteOfEveryPacketIsTranslatedRight(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol, SeenAs.Masqueraded);
        int least = (family == IpFamily.Ip4 ? 20 : 40) + 8;
        Gen.Select(Gen.Bool, Gen.Int[0, 900], Gen.Int[0, 1_000_000], Gen.Int[0, 1000], Gen.UInt[0, 9000]).Sample(
            (isForward, payload, seed, length, mtu) =>
            {
                PacketSpec Changed(PacketSpec spec) => spec with { PayloadBytes = payload, Seed = seed, TimeToLive = (byte)(seed % 255 + 1) };
                (IcmpSpec error, IcmpSpec expected) = isForward ? scene.ToPod(scene.Router) : scene.ToClient(scene.Router);
                byte[] quoted = Changed(isForward ? scene.Received : scene.Delivered).Build();
                byte[] turned = Changed(isForward ? scene.Sent : scene.Request).Build();
                int cut = Math.Min(quoted.Length, least + length);
                byte type = family == IpFamily.Ip4 ? (byte)3 : (byte)2;
                error = error with { Type = type, Rest = mtu, Quoted = quoted[..cut] };
                expected = expected with { Type = type, Rest = mtu, Quoted = turned[..cut] };
                IcmpQuoteTests.KeepHalfChecksum(error.Quoted, expected.Quoted, least - 8, protocol);
                Verdict verdict = isForward ? scene.Forward(error.Build()) : scene.Return(error.Build());
                Assert.Equal(expected.Build(), verdict.Bytes);
            },
            iter: 1500,
            threads: 1);
    }

    private static bool IsError(IpFamily family, int type) => family == IpFamily.Ip4 ? type is 3 or 4 or 11 or 12 : type is 1 or 2 or 3 or 4;

    /// <summary>Makes the ICMP checksum right again, if the header still says where it is.</summary>
    private static bool TryRepair(IpFamily family, byte[] packet)
    {
        int header = family == IpFamily.Ip4 ? (packet[0] & 15) * 4 : 40;
        bool isIntact = packet[0] >> 4 == (family == IpFamily.Ip4 ? 4 : 6) && header >= 20;
        if (!isIntact || PacketChecksums.LengthBytes(packet) > packet.Length || PacketChecksums.LengthBytes(packet) < header + 8) return false;
        IcmpSpec.WriteChecksums(packet);
        return true;
    }

    private static bool IsRight(byte[] packet)
    {
        byte[] again = [.. packet];
        IcmpSpec.WriteChecksums(again);
        int icmp = packet[0] >> 4 == 4 ? (packet[0] & 15) * 4 : 40;
        return BinaryPrimitives.ReadUInt16BigEndian(again.AsSpan(icmp + 2)) == BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(icmp + 2));
    }
}
