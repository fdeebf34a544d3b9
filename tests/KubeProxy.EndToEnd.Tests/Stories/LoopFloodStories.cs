using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>MAL-17: ten seconds of nothing but packets whose way leads in a circle, as fast as VPP's packet generator sends.</summary>
public sealed class LoopFloodStories(VppWithOneWorker host) : Story(host), IClassFixture<VppWithOneWorker>
{
    private const int FlowCount = 500;
    private static readonly TimeSpan Flood = TimeSpan.FromSeconds(10);

    [Fact]
    [Trait("Rel", "REL-16")]
    [Trait("Defect", "A-24")]
    [Trait("Check", "MAL-17")]
    public void AFloodOfPacketsThatComeRoundForEverHarmsNobody()
    {
        string[] files = [.. Enum.GetValues<Family>().Select(family => Prepare(family))];
        ErrorCounters before = ErrorCounters.Of(Host);
        long buffers = HostUse.BuffersInUse(Host);
        foreach (string file in files) Lab.Type($"packet-generator enable-stream {Path.GetFileName(file)}");
        Thread.Sleep(Flood);
        foreach (string file in files) Lab.Type($"packet-generator disable-stream {Path.GetFileName(file)}");
        Assert.True(Host.IsAlive);
        foreach (Family family in Enum.GetValues<Family>())
        {
            string node = family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";
            KeyValuePair<string, long> only = Assert.Single(ErrorCounters.Of(Host).Since(before), row => row.Key.StartsWith(node, StringComparison.Ordinal));
            Assert.Equal($"{node}: loop", only.Key);
            Assert.True(only.Value > 100_000, $"only {only.Value} packets came round");
            Figure.Is("REL-16", $"{only.Value} packets cut in {Flood.TotalSeconds} s, {family}; the process lives and serves");
            Service service = Cluster.Add(family, Transport.Udp, 81);
            Converse(service, [FlowTo(service, Transport.Udp)]);
        }

        foreach (string file in files)
        {
            Lab.Type($"packet-generator delete {Path.GetFileName(file)}");
            File.Delete(file);
        }

        Assert.Equal(buffers, HostUse.BuffersInUse(Host));
    }

    /// <summary>A service whose pods' route leads back to its VIP, and a stream of its clients that does not end by itself; answers the stream's file.</summary>
    private string Prepare(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 80, pods: []);
        IEnumerable<string> pods = Enumerable.Range(1, 8).Select(number => family == Family.Ip4 ? $"10.66.1.{number}" : $"fd66::{number}");
        Lab.Type($"ku pod {service.Key} {string.Join(' ', pods)}");
        Lab.Type($"ip route add {(family == Family.Ip4 ? "10.66.0.0/16" : "fd66::/64")} via {service.Vip.Address}");
        string file = Path.GetTempFileName();
        PcapFile.Write(file, [.. FromClients(Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, Transport.Udp, i)))]);
        Lab.Type($"packet-generator new {{ name {Path.GetFileName(file)} pcap {file} source {Lab.ClientSide} limit 1000000000 }}");
        return file;
    }
}
