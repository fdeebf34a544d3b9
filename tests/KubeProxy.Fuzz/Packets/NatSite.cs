using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Core.Translation;

namespace KubeProxy.Fuzz.Packets;

/// <summary>
/// A data path whose VIPs have pods of the other family: slot 1 TCP, UDP and SCTP 80 on four pods, one of them behind a short MTU, and UDP 81 without pods;
/// slot 2 a prefix; slot 3 none. The prefix of IPv4 addresses is not the well-known one, whose sum is nothing to a checksum: one that does not follow would not be seen.
/// </summary>
internal sealed unsafe class NatSite : IDisposable
{
    public const uint SlotCount = 4;
    private const string Prefix = "2001:db8:64::";
    private const int PrefixBits = 96;
    private const ushort MasqueradeIndex = 3;
    private const int PodPort = 8080;
    private readonly DataPathMemory _memory = new();

    public NatSite(bool isNat46)
    {
        IsNat46 = isNat46;
        Path = new DataPathFixture(new DataPathOptions { WorkerCount = 2, BucketCount = 16, ReturnBucketCount = 16, PodSlotCount = 32, ServiceCount = 16, SourcePortCount = 16 });
        Translation = _memory.Allocate<TranslationBatch>(1);
        fixed (byte* prefix = IPAddress.Parse(Prefix).GetAddressBytes()) Path.Shared->Translation.Prefix = Prefix64.Of(prefix, PrefixBits);
        IPAddress.Parse("10.0.0.77").MapToIPv6().TryWriteBytes(new Span<byte>(Path.Shared->Masquerades[MasqueradeIndex].Bytes, 16), out _);
        uint service = 0;
        foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp]) Set(1, protocol, 80, ++service, PodPort);
        Set(2, IpProtocol.Any, 0, ++service, 0);
        Path.SetService(1, IpProtocol.Udp, 81, ++service);
        Image = new SiteImage(Path);
    }

    public bool IsNat46 { get; }

    public DataPathFixture Path { get; }

    public TranslationBatch* Translation { get; }

    public SiteImage Image { get; }

    public IpFamily ClientFamily => IsNat46 ? IpFamily.Ip4 : IpFamily.Ip6;

    public IpFamily PodFamily => IsNat46 ? IpFamily.Ip6 : IpFamily.Ip4;

    public uint PodCount { get; private set; }

    public void Dispose()
    {
        Image.Dispose();
        Path.Dispose();
        _memory.Dispose();
    }

    private void Set(uint slot, byte protocol, int port, uint service, int podPort)
    {
        uint[] pods = [.. Enumerable.Range(1, 4).Select(number => Path.AddPod(service, Mapped(Site.Pod(PodFamily, number, podPort))))];
        PodCount += (uint)pods.Length;
        ushort masquerade = IsNat46 ? (ushort)0 : MasqueradeIndex;
        foreach (uint pod in pods) Path.Shared->Pods[pod].MasqueradeIndex = masquerade;
        PodRecord.SetMtu(Path.Shared->Pods + pods[3], FuzzSite.ShortMtu);
        Path.Plan.Set(slot, protocol, (ushort)port, new ServicePlan.Entry(service, pods) { MasqueradeIndex = masquerade });
    }

    private static IPEndPoint Mapped(IPEndPoint pod) => new(pod.Address.MapToIPv6(), pod.Port);
}
