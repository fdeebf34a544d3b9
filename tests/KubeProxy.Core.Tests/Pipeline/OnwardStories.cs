using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Packets that cannot be sent on to their pod: untouched, with their reason, and no session hears of them.</summary>
public sealed unsafe class OnwardStories
{
    private const int Mtu = 1400;
    private const ushort DontFragment = 0x4000;

    [Theory]
    [Trait("Check", "U-6")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketAsLongAsItsWayTakesIsSentOnAndALongerOneIsNot(IpFamily family, byte protocol)
    {
        using Topology site = WithMtu(family, protocol);
        foreach (bool isKnown in (bool[])[false, true])
        {
            AssertHeld(site, OfLength(site, protocol, Mtu + 1, isKnown ? 1 : 2), Outcome.TooLong);
            AssertHeld(site, OfLength(site, protocol, 3000, isKnown ? 1 : 2), Outcome.TooLong);
            Assert.Equal(isKnown ? SessionUse.Existing : SessionUse.First, AssertSentOn(site, OfLength(site, protocol, Mtu, 1)).Session);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TheMtuIsToldAsTheTarget(IpFamily family, byte protocol)
    {
        using Topology site = WithMtu(family, protocol);
        Assert.Equal((ulong)Mtu, site.Forward(OfLength(site, protocol, Mtu + 1, 1)).Target);
    }

    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Sctp)]
    public void WhatMayBeFragmentedIsSentOn(byte protocol)
    {
        using Topology site = WithMtu(IpFamily.Ip4, protocol);
        for (int round = 0; round < 3; round++) AssertSentOn(site, OfLength(site, protocol, Mtu + 100, 1) with { Fragment = 0 });
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void WhatIsCutIntoSegmentsIsHeldToTheirLength(IpFamily family, byte protocol)
    {
        using Topology site = WithMtu(family, protocol);
        byte[] whole = OfLength(site, protocol, 40_000, 1).Build();
        for (int round = 0; round < 3; round++)
        {
            Verdict verdict = site.Forward(TestPacket.Beginning(whole, 2048) with { PieceBytes = Mtu });
            Assert.Equal(Translation.ToPod(whole, site.PodOf(verdict.PodSlot, 80))[..2048], verdict.Bytes);
            AssertHeld(site, TestPacket.Beginning(whole, 2048) with { PieceBytes = Mtu + 1 }, Outcome.TooLong);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AWayWithoutAnMtuTakesEveryPacket(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        for (int round = 0; round < 2; round++)
        {
            byte[] whole = OfLength(site, protocol, family == IpFamily.Ip4 ? 65_535 : 65_575, 1).Build();
            Assert.Equal(Outcome.Translated, site.Forward(TestPacket.Beginning(whole, 3000)).Outcome);
        }
    }

    /// <summary>MAL-10: hops 0, 1 and all others.</summary>
    [Theory]
    [Trait("Check", "MAL-10")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void OnlyAPacketWithAHopLeftIsSentOn(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        foreach (int client in (int[])[1, 2])
        {
            for (int hops = 255; hops >= 0; hops--)
            {
                PacketSpec packet = site.Request(protocol, client: client) with { TimeToLive = (byte)hops };
                if (hops > 1) AssertSentOn(site, packet);
                else AssertHeld(site, packet, Outcome.NoHopLeft);
            }
        }

        AssertHeld(site, site.Request(protocol, client: 3) with { TimeToLive = 1 }, Outcome.NoHopLeft);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void APacketThatNobodyServesIsRefusedWhateverHopsItHas(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        Assert.Equal(Outcome.UnknownPort, site.Forward(site.Request(protocol, vipPort: 79) with { TimeToLive = 1 }).Outcome);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AnIcmpErrorWithoutAHopLeftIsHeld(IpFamily family, byte protocol)
    {
        using var scene = new IcmpScene(family, protocol);
        (IcmpSpec error, IcmpSpec expected) = scene.ToPod();
        scene.AssertDropped(Outcome.NoHopLeft, (error with { Hops = 1 }).Build());
        scene.AssertToPod((error with { Hops = 2 }).Build(), (expected with { Hops = 2 }).Build());
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AFragmentIsHeldAsAWholePacketIs(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        foreach (uint pod in scene.Site.Pods(protocol)) PodRecord.SetMtu(scene.Path.Shared->Pods + pod, Mtu);
        byte[] whole = (scene.Site.Request(protocol) with { PayloadBytes = 2900, Fragment = DontFragment }).Build();
        byte[] tooLong = FragmentCutter.Piece(whole, 0, 1400);
        byte[] later = FragmentCutter.Piece(whole, 1400, 1200);
        if (family == IpFamily.Ip4) tooLong[6] |= DontFragment >> 8;
        AssertFragment(scene, whole, tooLong, Outcome.TooLong);
        AssertFragment(scene, whole, later, Outcome.Translated);
        later[family == IpFamily.Ip4 ? 8 : 7] = 1;
        AssertFragment(scene, whole, later, Outcome.NoHopLeft);
    }

    private static void AssertFragment(FragmentScene scene, byte[] whole, byte[] fragment, Outcome outcome)
    {
        Verdict verdict = Assert.Single(scene.Forward(whole, fragment));
        Assert.Equal(outcome, verdict.Outcome);
        if (outcome != Outcome.Translated) Assert.Equal(fragment, verdict.Bytes);
    }

    /// <summary>MAL-06: ip6-input lets such packets pass.</summary>
    [Theory]
    [Trait("Check", "MAL-06")]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Sctp)]
    public void AnIp6LengthBeyondThePacketIsTruncated(byte protocol)
    {
        using var site = new Topology(IpFamily.Ip6);
        foreach (bool isKnown in (bool[])[false, true])
        {
            byte[] whole = site.Request(protocol).Build();
            AssertHeld(site, whole[..^1], Outcome.Truncated);
            AssertHeld(site, TestPacket.Beginning(whole, whole.Length - 2) with { TotalBytes = whole.Length - 1 }, Outcome.Truncated);
            if (!isKnown) AssertSentOn(site, whole);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketWhoseSessionHasAnotherPodThanItsWayIsHeldToThePodsMtu(IpFamily family, byte protocol)
    {
        // The MTU of one pod's way falls while its sessions are there, and rises again.
        using var site = new Topology(family);
        PacketSpec packet = OfLength(site, protocol, Mtu + 1, 1);
        uint pod = AssertSentOn(site, packet).PodSlot;
        PodRecord.SetMtu(site.Path.Shared->Pods + pod, Mtu);
        AssertHeld(site, packet, Outcome.TooLong);
        PodRecord.SetMtu(site.Path.Shared->Pods + pod, PodRecord.NoMtu);
        Assert.Equal((SessionUse.Existing, pod), (AssertSentOn(site, packet).Session, pod));
    }

    [Fact]
    public void TheShortWayIsOpenWhileThePodServes()
    {
        PodRecord pod = default;
        PodRecord.SetMtu(&pod, Mtu);
        Assert.Equal(0u, pod.ShortWayBytes);
        PodRecord.SetState(&pod, PodState.Active);
        Assert.Equal((uint)Mtu, pod.ShortWayBytes);
        PodRecord.SetMtu(&pod, 9000);
        Assert.Equal(9000u, pod.ShortWayBytes);
        foreach (uint state in (uint[])[PodState.Removed, PodState.Dead, PodState.Free])
        {
            PodRecord.SetState(&pod, state);
            PodRecord.SetMtu(&pod, Mtu);
            Assert.Equal((0u, (uint)Mtu), (pod.ShortWayBytes, pod.MtuBytes));
        }
    }

    private static Topology WithMtu(IpFamily family, byte protocol)
    {
        var site = new Topology(family);
        foreach (uint pod in site.Pods(protocol)) PodRecord.SetMtu(site.Path.Shared->Pods + pod, Mtu);
        return site;
    }

    private static PacketSpec OfLength(Topology site, byte protocol, int ipBytes, int client)
    {
        int headers = (site.Family == IpFamily.Ip4 ? 20 : 40) + PacketSpec.L4BytesOf(protocol);
        return site.Request(protocol, client: client) with { PayloadBytes = ipBytes - headers, Fragment = DontFragment };
    }

    private static Verdict AssertSentOn(Topology site, TestPacket packet)
    {
        Verdict verdict = site.Forward(packet);
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(Translation.ToPod(packet.Bytes, site.PodOf(verdict.PodSlot, 80)), verdict.Bytes);
        return verdict;
    }

    private static void AssertHeld(Topology site, TestPacket packet, Outcome outcome)
    {
        Counters before = Counters.Of(site.Path);
        byte[] sessions = SessionsOf(site);
        Verdict verdict = site.Forward(packet);
        Assert.Equal((outcome, SessionUse.None), (verdict.Outcome, verdict.Session));
        Assert.Equal(packet.Bytes, verdict.Bytes);
        Assert.Equal(sessions, SessionsOf(site));
        Counters after = Counters.Of(site.Path);
        Assert.Equal((before.TranslatedTotal, before.PodPacketsTotal), (after.TranslatedTotal, after.PodPacketsTotal));
    }

    private static byte[] SessionsOf(Topology site)
    {
        Worker* worker = site.Path.Worker();
        return
        [
            .. new ReadOnlySpan<byte>(worker->Sessions4.Entries, (int)worker->Sessions4.EntryCount * sizeof(Ip4Session)),
            .. new ReadOnlySpan<byte>(worker->Sessions6.Entries, (int)worker->Sessions6.EntryCount * sizeof(Ip6Session)),
        ];
    }
}
