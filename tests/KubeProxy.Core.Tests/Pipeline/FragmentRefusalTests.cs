using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Fragments that are not translated: damaged ones, nobody's, and those of no session.</summary>
public sealed unsafe class FragmentRefusalTests
{
    [Theory]
    [Trait("Check", "V-3")]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void NoPieceOfAnL4HeaderGoesThroughAlone(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        int headerBytes = protocol == IpProtocol.Tcp ? 20 : 8;
        byte[] whole = (scene.Site.Request(protocol) with { PayloadBytes = 60 }).Build();
        for (int length = 1; length <= 40; length++)
            AssertOutcome(scene, whole, FragmentCutter.Piece(whole, 0, length), length < headerBytes ? Outcome.Truncated : Outcome.Translated);
        for (int offset = 8; offset <= 40; offset += 8)
            AssertOutcome(scene, whole, FragmentCutter.Piece(whole, offset, 8), offset < headerBytes ? Outcome.Truncated : Outcome.Translated);
    }

    /// <summary>The arena ends the process if a byte behind the cut is touched.</summary>
    [Theory]
    [Trait("Check", "MAL-08")]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AFragmentThatEndsInTheBufferBeforeItsLengthSaysIsReadNoFurther(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        byte[] whole = (scene.Site.Request(protocol) with { PayloadBytes = 60 }).Build();
        foreach (int offset in (int[])[0, 24])
        {
            byte[] fragment = FragmentCutter.Piece(whole, offset, 32);
            int needed = fragment.Length - 32 + (offset != 0 ? 1 : protocol == IpProtocol.Tcp ? 20 : 8);
            for (int length = 0; length < fragment.Length; length++)
                AssertOutcome(scene, whole, fragment[..length], length < needed ? Outcome.Truncated : Outcome.Translated);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void FragmentsForNobodySayWhyAndRememberNothing(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        foreach ((int port, Outcome outcome) in new[] { (81, protocol == IpProtocol.Udp ? Outcome.NoPod : Outcome.UnknownPort), (82, Outcome.UnknownPort) })
        {
            byte[] whole = (scene.Site.Request(protocol, vipPort: port) with { PayloadBytes = 101 }).Build();
            foreach (byte[] fragment in FragmentCutter.Cut(whole, 48)) AssertOutcome(scene, whole, fragment, outcome);
        }

        Assert.Equal(protocol == IpProtocol.Udp ? 3u : 0, scene.Path.Worker()->NoPod[Topology.EmptyService]);
        scene.Path.Audit();
        Assert.Equal(0u, scene.Path.Worker()->Context.SessionsByPod[scene.Site.Pods(protocol)[0]]);
    }

    [Fact]
    public void ADatagramOverIp6WithoutAChecksumIsRefusedByItsFirstFragment()
    {
        using var scene = new FragmentScene(IpFamily.Ip6);
        byte[] whole = (scene.Site.Request(IpProtocol.Udp) with { HasNoUdpChecksum = true, PayloadBytes = 60 }).Build();
        AssertOutcome(scene, whole, FragmentCutter.Piece(whole, 0, 32), Outcome.ZeroUdpChecksum);
    }

    [Fact]
    public void ADatagramOverIp4WithoutAChecksumHasNoneAfterwards()
    {
        using var scene = new FragmentScene(IpFamily.Ip4);
        PacketSpec request = scene.Site.Request(IpProtocol.Udp) with { HasNoUdpChecksum = true, PayloadBytes = 60 };
        byte[] whole = request.Build();
        Verdict[] verdicts = scene.Forward(whole, FragmentCutter.Cut(whole, 32));
        byte[] expected = Translation.ToPod(whole, scene.Site.PodOf(verdicts[0].PodSlot, 80));
        Assert.Equal(expected, FragmentCutter.Join(verdicts.Select(verdict => verdict.Bytes), whole));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AnswersOfNoSessionPassAsTheyAre(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        PacketSpec request = scene.Site.Request(protocol);
        uint podSlot = scene.Site.Forward(request).PodSlot;
        PacketSpec answer = scene.Site.Answer(request, podSlot) with { PayloadBytes = 60 };
        foreach (PacketSpec other in (PacketSpec[])[answer with { To = Site.Client(family, 2) }, answer with { From = Site.Pod(family, 9, Topology.PodPort) }])
        {
            byte[] whole = other.Build();
            foreach (Verdict verdict in scene.Return(whole, FragmentCutter.Cut(whole, 32))) Assert.Equal(Outcome.NoVip, verdict.Outcome);
            Assert.Equal(whole, FragmentCutter.Join(scene.Return(whole, FragmentCutter.Cut(whole, 32)).Select(verdict => verdict.Bytes), whole));
        }
    }

    /// <summary>They are the host's to divert: marked and counted, whatever else is in the batch.</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void TheReturnPathMarksFragmentsAndTranslatesWhatIsWhole(IpFamily family, byte protocol)
    {
        using var scene = new FragmentScene(family);
        PacketSpec request = scene.Site.Request(protocol);
        PacketSpec answer = scene.Site.Answer(request, scene.Site.Forward(request).PodSlot) with { PayloadBytes = 60 };
        byte[][] fragments = FragmentCutter.Cut(answer.Build(), 32);
        byte[] icmp = FragmentCutter.Piece(answer.Build(), 32, 16);
        icmp[family == IpFamily.Ip4 ? 9 : 40] = IpProtocol.Icmp;
        Verdict[] verdicts = scene.Path.Return(family, 0, [answer, .. fragments.Select(fragment => (TestPacket)fragment), icmp, answer]);
        Assert.Equal(
            [Outcome.Translated, .. fragments.Select(_ => Outcome.Fragment), Outcome.NoVip, Outcome.Translated],
            verdicts.Select(verdict => verdict.Outcome));
        Assert.Equal((uint)fragments.Length, scene.Path.Worker()->Fragments);
        Assert.All(fragments.Zip(verdicts.Skip(1)), pair => Assert.Equal(pair.First, pair.Second.Bytes));
        _ = scene.Path.Return(family, 0, answer);
        Assert.Equal(0u, scene.Path.Worker()->Fragments);
    }

    /// <summary>Every fragment says what its segment does: a FIN and a RST close, data does not.</summary>
    [Theory]
    [InlineData(PacketSpec.Ack, SessionKind.TcpEstablished)]
    [InlineData(PacketSpec.Ack | PacketSpec.Fin, SessionKind.TcpClientClosed)]
    [InlineData(PacketSpec.Rst, SessionKind.TcpClosing)]
    public void ASegmentInFragmentsMovesItsConnectionAsAWholeOneDoes(byte flags, uint kind)
    {
        using var scene = new FragmentScene(IpFamily.Ip4);
        PacketSpec request = scene.Site.Request(IpProtocol.Tcp);
        uint podSlot = scene.Site.Forward(request with { TcpFlags = PacketSpec.Syn }).PodSlot;
        scene.Site.Return(scene.Site.Answer(request, podSlot) with { TcpFlags = PacketSpec.Syn | PacketSpec.Ack });
        byte[] whole = (request with { TcpFlags = flags, PayloadBytes = 101 }).Build();
        Verdict[] verdicts = scene.Forward(whole, [.. FragmentCutter.Cut(whole, 48).Reverse()]);
        Assert.All(verdicts, verdict => Assert.Equal(podSlot, verdict.PodSlot));
        SessionTable<Ip4Session, Ip4Flow>* sessions = &scene.Path.Worker()->Sessions4;
        uint[] values = [.. Enumerable.Range(0, (int)sessions->EntryCount).Select(entry => *sessions->Value((uint)entry)).Where(value => value != 0)];
        Assert.Equal(kind, SessionValue.Kind(Assert.Single(values)));
    }

    private static void AssertOutcome(FragmentScene scene, byte[] whole, byte[] fragment, Outcome outcome)
    {
        Verdict verdict = Assert.Single(scene.Forward(whole, fragment));
        Assert.Equal(outcome, verdict.Outcome);
        if (outcome != Outcome.Translated) Assert.Equal(fragment, verdict.Bytes);
    }
}
