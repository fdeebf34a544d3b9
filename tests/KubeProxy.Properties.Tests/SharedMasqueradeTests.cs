using System.Net;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Duel;
using KubeProxy.Properties.Tests.Generators;
using Xunit;

namespace KubeProxy.Properties.Tests;

/// <summary>One masquerade address for clients of both families, with a single source port: both come to the same pod, over IPv4.</summary>
public sealed class SharedMasqueradeTests
{
    /// <summary>RFC 4787 REQ-3: two clients never share a port towards a pod, for its answers would be either's.</summary>
    [Theory]
    [Trait("Check", "U-8")]
    [InlineData(true, "192.0.2.1", true, "NoSourcePort")]
    [InlineData(false, "192.0.2.1", true, "NoSourcePort")]
    [InlineData(true, "10.1.255.1", false, "ReturnClash")]
    [InlineData(false, "10.1.255.1", false, "NoSourcePort")]
    public void ClientsOfTwoFamiliesNeverShareASourcePort(bool ip6First, string client, bool masquerades, string reason)
    {
        using var routers = new TwoRouters();
        routers.SetSourcePorts(50_000, 50_000);
        foreach ((string prefix, VipKind kind) in ((string, VipKind)[])[("10.96.0.1/32", VipKind.Plain), ("fd00:98::1/128", VipKind.Nat64)])
        {
            var vip = new PlainVip(IPNetwork.Parse(prefix), kind);
            PlainService service = routers.AddService(vip, new ServiceSpec(IpProtocol.Tcp, 80, 8080) { Masquerade = masquerades || kind == VipKind.Nat64 ? World.Masquerade(ip6: false) : null });
            routers.AddPod(service, World.Pod(ip6: false, 0));
        }

        var judge = new Judge(routers);
        byte[][] packets = [Syn(client, "10.96.0.1"), Syn("2001:db8:c::1", "fd00:98::1")];
        Assert.Equal(Fate.Translated, judge.Forward(packets[ip6First ? 1 : 0])!.Fate);
        Verdict second = judge.Forward(packets[ip6First ? 0 : 1])!;
        Assert.Equal(reason, second.Reason);
    }

    private static byte[] Syn(string client, string vip)
    {
        for (int seed = 0; ; seed++)
        {
            byte[] packet = PacketMaker.Make(new Random(seed), new Ends(IPAddress.Parse(client), 50_000, IPAddress.Parse(vip), 80), IpProtocol.Tcp);
            var read = new PlainPacket(packet);
            if (read is { Shape: Shape.Whole, Hops: 64 } && packet[read.L4 + 13] == 2) return packet;
        }
    }
}
