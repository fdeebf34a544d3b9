using System.Buffers.Binary;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>ICMP errors that VPP itself sends about packets of services. The embedded host sends none.</summary>
[Collection<VppWithPingCollection>]
public sealed class IcmpVppStories(VppWithPing host) : IcmpStory(host)
{
    private const int Mtu = 1300;
    private const int VppDefaultMtu = 9000;

    /// <summary>VPP takes the packet for the VIP's and tells the VIP; the pod hears of it, about what it has sent.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AnAnswerThatIsTooLongForTheClientsLinkIsToldToThePod(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort, [new Pod(1)]);
        SeenFlow flow = Open(FlowTo(service, transport), family);
        Lab.Type($"set interface mtu packet {Mtu} {Lab.ClientSide}");
        try
        {
            byte[] answer = NotToBeFragmented(FromPod(
                flow.Pod, new Flow(transport, flow.PodEnd, flow.Source), PacketOptions.Plain with { PayloadLengthBytes = 1400, Syn = true, Ack = true }));
            AssertTold(flow, answer, family, family == Family.Ip4 ? (3, 4) : (2, 0), Mtu);
        }
        finally
        {
            Host.Cli($"set interface mtu packet {VppDefaultMtu} {Lab.ClientSide}");
        }
    }

    /// <summary>MAL-10: VPP takes the last hop behind the translation; the pod hears of it all the same.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AnAnswerWithItsLastHopIsToldToThePod(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort, [new Pod(1)]);
        SeenFlow flow = Open(FlowTo(service, transport), family);
        byte[] answer = FromPod(
            flow.Pod, new Flow(transport, flow.PodEnd, flow.Source), PacketOptions.Plain with { Syn = true, Ack = true, TimeToLive = 1 });
        AssertTold(flow, answer, family, (TimeExceeded(family), 0), rest: 0);
    }

    private void AssertTold(SeenFlow flow, byte[] answer, Family family, (int Type, int Code) kind, uint rest)
    {
        byte[] error = Assert.Single(PodsSend(answer).On(Lab.PodSide));
        IpView view = new(error);
        Assert.Equal(flow.PodEnd.Address, view.Destination);
        Assert.Equal(kind, (view.L4[0], view.L4[1]));
        Assert.Equal(rest, BinaryPrimitives.ReadUInt32BigEndian(view.L4[4..]));
        byte[] quoted = [.. error[..IpView.EthernetLengthBytes], .. view.L4[8..]];
        BinaryPrimitives.WriteUInt16BigEndian(quoted.AsSpan(12), family == Family.Ip4 ? (ushort)0x0800 : (ushort)0x86dd);
        IpView quote = new(quoted);
        Assert.Equal((flow.PodEnd.Address, flow.Source.Address), (quote.Source, quote.Destination));
        int header = quote.HeaderLengthBytes;
        Assert.True(quote.Ip[header..].SequenceEqual(new IpView(answer).Ip[header..quote.Ip.Length]), "what the pod has sent is quoted changed");
    }

    private static byte[] NotToBeFragmented(byte[] frame)
    {
        if (!new IpView(frame).IsIp4)
            return frame;
        frame[IpView.EthernetLengthBytes + 6] |= 0x40;
        Checksums.FillIp4Header(frame);
        return frame;
    }
}
