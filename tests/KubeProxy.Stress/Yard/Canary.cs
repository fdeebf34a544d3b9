using System.Net;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Yard;

/// <summary>A flow of its own, whose every packet must leave byte for byte as one that is computed from scratch.</summary>
public sealed class Canary(Ground ground)
{
    private const string Vip = "90.9.9.9";
    private const int PacketCount = 64;
    private int _rounds;

    /// <summary>Opens its service; the first look opens its session.</summary>
    public void Open()
    {
        ground.Type($"ku vip {Vip}/32 port 53 protocol udp target_port 5353");
        ground.Type($"ku pod {Vip}/32 port 53 protocol udp 10.4.0.11");
    }

    /// <summary>Null when every packet left as it must, else what was wrong.</summary>
    public string? Fault()
    {
        Flow flow = new(Transport.Udp, IPEndPoint.Parse("172.31.0.1:12345"), IPEndPoint.Parse($"{Vip}:53"));
        int first = _rounds++ * PacketCount;
        byte[][] sent = [.. Enumerable.Range(first, PacketCount).Select(id => PacketFactory.Build(flow, ground.FromCanaryClient, PacketOptions.Plain with { Id = id }))];
        IReadOnlyList<byte[]> left;
        try
        {
            left = ground.Host.ExchangeUntil(PacketCount, new Injection(Ground.CanaryClient, sent)).On(Ground.CanaryPod);
        }
        catch (TestbedException exception)
        {
            return exception.Message;
        }

        string[] expected = [.. sent.Select(frame => Convert.ToHexString(Expect.ToPod(frame, ground.ToCanaryPod, IPEndPoint.Parse("10.4.0.11:5353"))))];
        return expected.SequenceEqual(left.Select(Convert.ToHexString)) ? null : $"of {PacketCount} packets {left.Count} left, not all as they must";
    }
}
