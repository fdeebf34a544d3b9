using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>A probe says what the next packet of its flow meets, and leaves no trace.</summary>
public sealed unsafe class ForwardProbeTests
{
    private const int Scratch = 2;
    private static readonly DataPathOptions ThreeWorkers = new() { WorkerCount = Scratch + 1, BucketCount = 1024, ReturnBucketCount = 2048 };

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ANewFlowGetsThePodThatTheProbeNamed(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, ThreeWorkers);
        for (int port = 1; port <= 200; port++)
        {
            TestPacket packet = site.Request(protocol, port);
            Asked asked = Ask(site, packet);
            Assert.Equal(ForwardProbe<Ip4Family, Ip4Session, Ip4Flow>.NoWorker, asked.Owner);
            Verdict verdict = site.Forward(packet);
            Assert.Equal(SessionUse.First, verdict.Session);
            AssertSame(verdict, asked.Verdict);
        }

        site.Path.Audit();
        Assert.Equal(0u, site.Path.Worker(Scratch)->Sessions4.LiveCount + site.Path.Worker(Scratch)->Sessions6.LiveCount);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ASessionOfAnotherWorkerIsFoundAndItsPodKept(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, ThreeWorkers);
        TestPacket packet = site.Request(protocol);
        Verdict opened = site.Path.Forward(family, 1, packet)[0];
        uint other = site.Pods(protocol).First(slot => slot != opened.PodSlot);
        site.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), other);

        Asked asked = Ask(site, packet);
        Assert.Equal(1, asked.Owner);
        Assert.Equal(opened.PodSlot, asked.Verdict.PodSlot);
        Assert.Equal(SessionUse.Existing, asked.Verdict.Session);
        site.Path.Audit();
        Assert.Equal(opened.PodSlot, site.Path.Forward(family, 1, packet)[0].PodSlot);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void ARefusedPacketIsRefusedForTheSameReason(IpFamily family)
    {
        using var site = new Topology(family, ThreeWorkers);
        TestPacket[] packets = [site.Request(IpProtocol.Udp, vipPort: 81), site.Request(IpProtocol.Udp, vipPort: 9), site.Request(IpProtocol.Tcp).Build()[..30]];
        foreach (TestPacket packet in packets)
        {
            Asked asked = Ask(site, packet);
            Assert.NotEqual(Outcome.Translated, asked.Verdict.Outcome);
            AssertSame(site.Forward(packet), asked.Verdict);
        }
    }

    private static void AssertSame(Verdict expected, Verdict actual)
    {
        Assert.Equal((expected.Outcome, expected.Session, expected.PodSlot, expected.Target), (actual.Outcome, actual.Session, actual.PodSlot, actual.Target));
        Assert.Equal(expected.Bytes, actual.Bytes);
    }

    private static Asked Ask(Topology site, TestPacket packet) => site.Family == IpFamily.Ip4
        ? Ask<Ip4Family, Ip4Session, Ip4Flow>(site, packet)
        : Ask<Ip6Family, Ip6Session, Ip6Flow>(site, packet);

    private static Asked Ask<TFamily, TSession, TFlow>(Topology site, TestPacket packet)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        site.Path.Load(Scratch, [packet]);
        Worker* scratch = site.Path.Worker(Scratch);
        Worker** workers = stackalloc Worker*[] { site.Path.Worker(0), site.Path.Worker(1) };
        byte* bytes = (byte*)scratch->Batch->Packet[0];
        TSession session;
        int owner = ForwardProbe<TFamily, TSession, TFlow>.FindOwner(workers, 2, bytes, (uint)packet.Bytes.Length, &session, out ushort sourcePort);
        ForwardProbe<TFamily, TSession, TFlow>.Run(scratch, bytes, (uint)packet.Bytes.Length, packet.VipSlot, owner < 0 ? null : &session, sourcePort);
        return new Asked(owner, site.Path.Results(Scratch, 1)[0]);
    }

    private sealed record Asked(int Owner, Verdict Verdict);
}
