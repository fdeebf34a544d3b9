using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Node ports among what only VPP has: loopbacks, sub-interfaces, echo, reassembly.</summary>
[Collection<VppWithPingCollection>]
public sealed class NodePortVppStories(VppWithPing host) : NodePortStory(host)
{
    private const int FlowCount = 16;
    private int _clients;

    /// <summary>VPP gives the number of a deleted interface again: what was set on the old one must not be missing on the new one.</summary>
    [Fact]
    [Trait("Check", "LIF-03")]
    public void ALoopbackServesAlsoWhenItIsMadeAgainUnderTheSameNumber()
    {
        AddEverywhere();
        string first = Host.Cli("create loopback interface");
        try
        {
            AssertServesAt(first, "10.9.0.1/32", "fd09::1/128");
            Lab.Type($"delete loopback interface intfc {first}");
            Assert.Equal(first, Host.Cli("create loopback interface"));
            AssertServesAt(first, "10.9.0.2/32", "fd09::2/128");
        }
        finally
        {
            Host.Cli($"delete loopback interface intfc {first}");
        }
    }

    [Fact]
    public void ASubInterfaceThatIsMadeLaterServesToo()
    {
        AddEverywhere();
        string sub = Host.Cli($"create sub-interfaces {Lab.ClientSide} 100");
        try
        {
            AssertServesAt(sub, "10.8.0.1/24", "fd08::1/64");
        }
        finally
        {
            Host.Cli($"delete sub-interface {sub}");
        }
    }

    [Fact]
    public void WithoutANodePortNoInterfaceHasTheFeature()
    {
        Assert.DoesNotContain("nodeport", Features(), StringComparison.Ordinal);
        Service first = AddWithNodePort(Family.Ip4, Transport.Tcp, []);
        Service second = AddWithNodePort(Family.Ip6, Transport.Udp, []);
        Cluster.Remove(first);
        Assert.Contains("kp4-nodeport", Features(), StringComparison.Ordinal);
        Assert.Contains("kp6-nodeport", Features(), StringComparison.Ordinal);
        Cluster.Remove(second);
        Assert.DoesNotContain("nodeport", Features(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void TheNodeAnswersPingsAsBefore(Family family)
    {
        byte[] echo = OddPackets.Echo(FromClient(ToNode(family, Transport.Udp)));
        Assert.Single(ClientsSend(echo).On(Lab.ClientSide));
        AddWithNodePort(family, Transport.Udp, Pod.First(2));
        byte[] answer = Assert.Single(ClientsSend(echo).On(Lab.ClientSide));
        Assert.Equal(NodeAddress(family), new IpView(answer).Source);
    }

    /// <summary>The node puts together what is for the node, before anybody knows that it is for a service.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ADatagramInFragmentsIsPutTogetherByTheNodeAndTranslated(Family family)
    {
        Pod pod = new(1);
        AddWithNodePort(family, Transport.Udp, [pod]);
        byte[] whole = FromClient(ToNode(family, Transport.Udp), PacketOptions.Plain with { PayloadLengthBytes = 1200, Id = 77 });
        (byte[] first, byte[] second) = OddPackets.Split(whole, 600);
        byte[] left = Assert.Single(ClientsSend(first, second).On(Lab.PodSide));
        AssertSame(Expect.ToPod(whole, Lab.To(pod), pod.At(family, TargetPort)), left);
    }

    private void AddEverywhere()
    {
        foreach (Family family in Enum.GetValues<Family>())
            Cluster.Add(family, 80, protocol: null, TargetPort, pods: Pod.First(2), options: $"node_port {NodePort}");
    }

    private void AssertServesAt(string name, params string[] addresses)
    {
        Lab.Type($"set interface state {name} up");
        foreach (string address in addresses)
        {
            Lab.Type($"set interface ip address {name} {address}");
            Family family = address.Contains(':', StringComparison.Ordinal) ? Family.Ip6 : Family.Ip4;
            IPAddress node = IPAddress.Parse(address.Split('/')[0]);
            foreach (Transport transport in FlowKinds.Transports)
                AssertServed(family, FlowsToNode(family, transport, FlowCount, _clients += FlowCount, node));
        }
    }

    private string Features() => string.Join('\n', new[] { "local0", Lab.ClientSide, Lab.PodSide }.Select(name => Host.Cli($"show interface features {name}")));
}
