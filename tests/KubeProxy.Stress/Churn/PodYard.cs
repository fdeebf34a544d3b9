using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Churn;

/// <summary>Pods with an interface each, so that VPP's counters of interfaces tell, without the plugin, who got packets.</summary>
public sealed class PodYard
{
    public const int Count = 16;

    /// <summary>The last one comes and goes too fast to be looked at.</summary>
    public const int Looked = Count - 1;

    private const int FlowCount = 2048;
    private readonly Ground _ground;
    private readonly string[] _interfaces;

    public PodYard(Ground ground)
    {
        ArgumentNullException.ThrowIfNull(ground);
        _ground = ground;
        _interfaces = [.. Enumerable.Range(0, Count).Select(_ => ground.AddSilentInterface())];
        ground.Host.TypeAll([.. Enumerable.Range(0, Count).SelectMany(Lines)]);
        foreach (bool isIp6 in (bool[])[false, true])
        {
            ground.Type($"ku vip {Vip(isIp6)} port 53 protocol udp");
            ground.Type($"ku pod {Vip(isIp6)} port 53 {string.Join(' ', Enumerable.Range(0, Count).Select(pod => Address(pod, isIp6)))}");
        }
    }

    public IReadOnlyList<string> Interfaces => _interfaces;

    public static string Vip(bool isIp6) => isIp6 ? "2003::3" : "90.1.2.3";

    public static IPAddress Address(int pod, bool isIp6) => IPAddress.Parse(isIp6 ? $"fd05:{pod}::2" : $"10.5.{pod}.2");

    public static string Change(int pod, bool isIp6, string word) => $"ku pod {Vip(isIp6)} port 53 {Address(pod, isIp6)}{word}";

    /// <summary>Who takes the last pod in and out.</summary>
    public Typist NewTypist(TimeSpan answerLimit) => new(
        _ground.Host.Connect(answerLimit), () => _ground.Host.NewFile("exec"), Change(Looked, isIp6: false, " del"), Change(Looked, isIp6: false, ""));

    /// <summary>A packet of each of many flows over both families.</summary>
    public IReadOnlyList<byte[]> Requests()
    {
        Link link = _ground.FromClients;
        return [.. Enumerable.Range(0, FlowCount).Select(i =>
            PacketFactory.Build(new Flow(Transport.Udp, Ground.Client(i, i % 2 == 1), IPEndPoint.Parse(i % 2 == 1 ? $"[{Vip(isIp6: true)}]:53" : $"{Vip(isIp6: false)}:53")), link, PacketOptions.Plain with { Id = i }))];
    }

    /// <summary>Looks at some packets on their way to each pod: those that are addressed to somebody else.</summary>
    public int ForeignPackets()
    {
        using PodWatch watch = new(_ground, _interfaces);
        Thread.Sleep(TimeSpan.FromSeconds(0.5));
        return watch.End().Index().Sum(pod => pod.Item.Count(frame => IsForeign(pod.Index, frame)));
    }

    private static bool IsForeign(int pod, byte[] frame)
    {
        IpView view = new(frame);
        return !view.Destination.Equals(Address(pod, view.IsIp6)) || Checksums.Fault(frame) is not null || view.DestinationPort != 53;
    }

    private IEnumerable<string> Lines(int pod)
    {
        string name = _interfaces[pod];
        string mac = Ground.Text(new PhysicalAddress([2, 0, 0, 0, 0x0e, (byte)pod]));
        yield return $"set interface ip address {name} 10.5.{pod}.1/24";
        yield return $"set interface ip address {name} fd05:{pod}::1/64";
        yield return $"set ip neighbor {name} {Address(pod, isIp6: false)} {mac} static";
        yield return $"set ip neighbor {name} {Address(pod, isIp6: true)} {mac} static";
    }
}
