using System.Buffers.Binary;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>SCTP services. What they share with those of UDP is told where <see cref="PortKinds"/> is.</summary>
public abstract class SctpStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 200;
    private const int CrcOffset = 8;
    private const int CrcBits = 32;

    [Theory]
    [Trait("case", "K8S-26")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AnSctpServiceReachesItsPodsAndTheirAnswersComeFromItsAddress(Family family)
    {
        Service service = Cluster.Add(family, Transport.Sctp, 9999, targetPort: 8080);
        Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, Transport.Sctp, i))];
        IReadOnlyList<Pod> pods = Converse(service, flows);
        Assert.Equal(Pod.First(4), pods.Distinct().OrderBy(pod => pod.Number));
        Assert.Equal(pods, PodsOf(service, flows));
        string text = Host.Cli($"show ku vip {service.Prefix} verbose");
        Assert.Matches($@"first-session packets\s+{FlowCount}\b", text);
        Assert.Matches($@"existing-session packets\s+{FlowCount}\b", text);
        Cluster.Remove(service, pods[0]);
        Assert.DoesNotContain(pods[0], PodsOf(service, flows));
    }

    /// <summary>Both ports change at the pod, and with them the checksum, of which every bit that was wrong is wrong afterwards.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AWrongChecksumStaysWrongByTheSameBits(Family family)
    {
        Service service = Cluster.Add(family, Transport.Sctp, 9999, targetPort: 8080, pods: [new Pod(1)]);
        Flow flow = FlowTo(service, Transport.Sctp);
        IReadOnlyList<byte[]> right = [.. Enumerable.Range(0, CrcBits).Select(bit => FromClient(flow, PacketOptions.Plain with { Id = bit }))];
        IReadOnlyList<byte[]> left = Host.Exchange(new Injection(Lab.ClientSide, [.. right.Select(Flip)])).On(Lab.PodSide);
        Assert.Equal(CrcBits, left.Count);
        for (int bit = 0; bit < CrcBits; bit++)
            AssertSame(Flip(Expect.ToPod(right[bit], Lab.To(new Pod(1)), new Pod(1).At(family, 8080)), bit), left[bit]);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void WhatNoSctpServiceIsForIsDroppedUntouchedForItsOwnReason(Family family)
    {
        Service web = Cluster.Add(family, Transport.Tcp, 80);
        AssertNobodyServes([FromClient(FlowTo(web, Transport.Sctp))], "protocol not supported");
        Service service = Cluster.Add(family, Transport.Sctp, 9999);
        AssertNobodyServes([FromClient(FlowTo(service, Transport.Sctp, port: 80))], "unknown port");
        AssertNobodyServes([OddPackets.Truncated(FromClient(FlowTo(service, Transport.Sctp)), 11)], "truncated packet");
        Assert.Single(Host.Exchange(new Injection(Lab.ClientSide, [OddPackets.Truncated(FromClient(FlowTo(service, Transport.Sctp)), 12)])).On(Lab.PodSide));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void WhyAndSessionsAndTracesKnowSctp(Family family)
    {
        Service service = Cluster.Add(family, Transport.Sctp, 9999, targetPort: 8080);
        foreach (Flow flow in Enumerable.Range(0, 20).Select(i => FlowTo(service, Transport.Sctp, i)))
        {
            string question = $"show ku why sctp {flow.Source.Address} {flow.Source.Port} {flow.Destination.Address} {flow.Destination.Port}";
            string said = Host.Cli(question);
            Pod pod = Assert.Single(PodsOf(service, [flow]));
            Assert.Contains($"rewrite  destination {flow.Destination} -> {pod.At(family, 8080)}", said, StringComparison.Ordinal);
            Assert.Contains("session  thread", Host.Cli(question), StringComparison.Ordinal);
            Assert.Matches($@"sctp\s+{Escaped(flow.Source)}\s+{Escaped(flow.Destination)}\s+{Escaped(pod.At(family, 8080))}", Host.Cli("show ku sessions"));
        }

        Flow traced = FlowTo(service, Transport.Sctp);
        string trace = Traced(() => ClientsSend(FromClient(traced)));
        Assert.Contains($"sctp {traced.Source} -> {traced.Destination} service {service.Prefix} protocol sctp port 9999", trace, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ASessionEndsAfterTheTimeOfUdp(Family family)
    {
        Lab.Type("ku conf timeout udp 2");
        try
        {
            Service service = Cluster.Add(family, Transport.Sctp, 9999);
            PodsOf(service, [FlowTo(service, Transport.Sctp)]);
            Assert.Equal(1, SessionCount());
            LetPass(seconds: 4);
            Assert.Equal(0, SessionCount());
        }
        finally
        {
            Lab.Type("ku conf timeout default");
        }
    }

    /// <summary>In the order of the identifiers, which name the bit.</summary>
    private static byte[] Flip(byte[] frame, int bit)
    {
        byte[] changed = (byte[])frame.Clone();
        Span<byte> crc = new IpView(changed).L4[CrcOffset..];
        BinaryPrimitives.WriteUInt32LittleEndian(crc, BinaryPrimitives.ReadUInt32LittleEndian(crc) ^ (1u << bit));
        return changed;
    }

    private static string Escaped(IPEndPoint end) => System.Text.RegularExpressions.Regex.Escape($"{end}");
}

[Collection<VppAloneCollection>]
public sealed class SctpInVpp(VppAlone host) : SctpStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class SctpInVppWithOneWorker(VppWithOneWorker host) : SctpStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class SctpInVppWithTwoWorkers(VppWithTwoWorkers host) : SctpStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class SctpInTheEmbeddedHost(EmbeddedHost host) : SctpStories(host);
