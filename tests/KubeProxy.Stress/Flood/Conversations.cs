using System.Net;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.Stress.Flood;

/// <summary>What one round, or several, came to.</summary>
public readonly record struct Exchange(int Sent, int Arrived, int Answers, int Returned)
{
    public static Exchange operator +(Exchange first, Exchange second) =>
        new(first.Sent + second.Sent, first.Arrived + second.Arrived, first.Answers + second.Answers, first.Returned + second.Returned);
}

/// <summary>TCP connections whose every packet is looked at, amid packets that are not.</summary>
public sealed class Conversations(Ground ground, int count)
{
    private const int TargetPort = 8080;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly IPAddress?[] _pods = new IPAddress[count];

    public static string Vip(bool isIp6) => isIp6 ? "2003::3" : "90.1.2.3";

    /// <summary>The flow of a client, odd ones over IPv6.</summary>
    public static Flow FlowOf(int client)
    {
        bool isIp6 = client % 2 == 1;
        return new Flow(Transport.Tcp, Ground.Client(client, isIp6), new IPEndPoint(IPAddress.Parse(Vip(isIp6)), 80));
    }

    /// <summary>SYN, its answer, and data.</summary>
    public void Establish()
    {
        Look(Requests(PacketOptions.Plain with { Syn = true }), (id, pod) => _pods[id] = pod);
        if (_pods.Any(pod => pod is null))
            throw new TestbedException($"{_pods.Count(pod => pod is null)} of {count} connections did not reach a pod");
        Answer(PacketOptions.Plain with { Syn = true, Ack = true });
        Exchange data = Exchange();
        if (data != new Exchange(count, count, count, count))
            throw new TestbedException($"not every connection was established: {data}");
    }

    /// <summary>A packet of each connection to its pod, and an answer to its client.</summary>
    public Exchange Exchange()
    {
        int arrived = 0;
        Look(Requests(PacketOptions.Plain), (id, pod) => arrived += pod.Equals(_pods[id]) ? 1 : 0);
        return new Exchange(count, arrived, count, Answer(PacketOptions.Plain));
    }

    private byte[][] Requests(PacketOptions options) => [.. Enumerable.Range(0, count).Select(id => PacketFactory.Build(FlowOf(id), ground.FromClients, options with { Id = id }))];

    /// <summary>How many of them leave with the VIP as their source.</summary>
    private int Answer(PacketOptions options)
    {
        byte[][] answers = [.. Enumerable.Range(0, count).Select(id =>
            PacketFactory.Build(new Flow(Transport.Tcp, new IPEndPoint(_pods[id]!, TargetPort), FlowOf(id).Source), ground.FromPod(1), options with { Id = id }))];
        int returned = 0;
        Through(Ground.Pods, Ground.Clients, answers, frame =>
        {
            Flow left = new IpView(frame).Flow;
            if (PacketFactory.IdOf(frame) is { } id && left == FlowOf(id).Reversed && Checksums.Fault(frame) is null)
                returned++;
        });
        return returned;
    }

    private void Look(byte[][] requests, Action<int, IPAddress> note) => Through(Ground.Clients, Ground.Pods, requests, frame =>
    {
        if (PacketFactory.IdOf(frame) is { } id && id < count && Checksums.Fault(frame) is null && new IpView(frame).DestinationPort == TargetPort)
            note(id, new IpView(frame).Destination);
    });

    /// <summary>Sends on one side, each connection on a worker of its own, and looks at what leaves the other meanwhile.</summary>
    private void Through(string from, string to, byte[][] frames, Action<byte[]> look)
    {
        int threads = Math.Max(1, ground.Host.WorkerCount);
        string file = Path.Combine(Path.GetTempPath(), $"kp-{Guid.NewGuid():N}.pcap");
        List<Stream> streams = [.. Enumerable.Range(0, threads).Select(worker =>
        {
            byte[][] own = [.. frames.Where((_, id) => id / 2 % threads == worker)];
            return new Stream(ground.Host, from, own, own.Length, worker);
        })];
        ground.Type($"packet-generator capture {to} pcap {file} count 5000000");
        streams.ForEach(stream => stream.Start());
        streams.ForEach(stream => stream.WaitForTheEnd(Limit));
        ground.Host.Cli($"packet-generator capture {to} disable");
        streams.ForEach(stream => stream.Dispose());
        foreach (byte[] frame in new PcapFile(file).ReadNew().Where(frame => frame.Length >= IpView.EthernetLengthBytes + 40))
            look(frame);
        File.Delete(file);
    }
}
