using System.Buffers.Binary;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.Stress.Packets;

/// <summary>Sends the packets of a plan, and knows what it has sent.</summary>
internal sealed class PacketSender(Ground ground, PacketPlan plan)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly Ground _ground = ground;
    private readonly PacketPlan _plan = plan;
    private int _seed = plan.Seed;

    /// <summary>Packets sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Of them at most so many were fragments.</summary>
    public long Fragments { get; private set; }

    /// <summary>Seed after seed until there were so many in all.</summary>
    public void SendSeeds(long until, bool withFragments)
    {
        for (; Sent < until; _seed++)
        {
            ConfigureCuts(_seed);
            SendSeed(_seed, Math.Min(until - Sent, (long)_plan.Distinct * _plan.Replays), withFragments);
        }
    }

    private void SendSeed(int seed, long count, bool withFragments)
    {
        Random random = new(seed);
        Templates templates = new(random, _ground.FromClients, _ground.FromPod);
        Mutation mutation = new(random);
        int fromPods = _plan.Distinct / 3;
        byte[][] Spoilt(int number, Func<byte[]> template) =>
            [.. Enumerable.Range(0, int.MaxValue).Select(_ => mutation.Of(template())).Where(frame => (withFragments || !Packets.Fragments.Has(frame)) && (!_plan.CutsBuffers || CanBeCut(frame))).Take(number)];
        byte[][] client = Spoilt(_plan.Distinct - fromPods, templates.FromClient);
        byte[][] pod = Spoilt(fromPods, templates.FromPod);
        SendBoth(count, client, pod);
    }

    /// <summary>The packets of all files.</summary>
    public void SendCorpus()
    {
        foreach (string file in _plan.Corpus)
        {
            IReadOnlyList<byte[]> frames = [.. new PcapFile(file).ReadNew().Where(frame => !_plan.CutsBuffers || CanBeCut(frame))];
            if (frames.Count == 0)
                continue;
            byte[][] Addressed(Link link) => [.. frames.Select<byte[], byte[]>(frame => [.. link.To.GetAddressBytes(), .. link.From.GetAddressBytes(), .. frame[12..]])];
            SendBoth(2L * frames.Count * _plan.Replays, Addressed(_ground.FromClients), Addressed(_ground.FromPod(1)));
        }
    }

    /// <summary>Clients and pods at the same time; but one after the other where a frame must not have packets of two streams.</summary>
    private void SendBoth(long count, byte[][] client, byte[][] pod)
    {
        long ofClients = count * client.Length / (client.Length + pod.Length);
        if (!_plan.CutsBuffers)
        {
            Send(count, (Ground.Clients, client), (Ground.Pods, pod));
            return;
        }

        Send(ofClients, (Ground.Clients, client));
        Send(count - ofClients, (Ground.Pods, pod));
    }

    /// <summary>Shares the count by the numbers of packets, and each share among the workers, which send at the same time.</summary>
    private void Send(long count, params (string Source, byte[][] Frames)[] parts)
    {
        int threads = Math.Max(1, _plan.Workers);
        long all = parts.Sum(part => part.Frames.Length);
        List<Stream> streams = [];
        foreach ((string source, byte[][] frames) in parts)
        {
            foreach (int worker in Enumerable.Range(0, threads))
            {
                byte[][] own = [.. frames.Where((_, index) => index % threads == worker)];
                long share = own.Length == 0 ? 0 : Math.Max(1, count * own.Length / all);
                if (share > 0)
                    streams.Add(new Stream(_ground.Host, source, own, share, worker, maxFrame: _plan.CutsBuffers ? 1 : 256));
                Sent += share;
                Fragments += own.LongCount(Packets.Fragments.Has) * ((share + own.Length - 1) / Math.Max(1, own.Length));
            }
        }

        streams.ForEach(stream => stream.Start());
        streams.ForEach(stream => stream.WaitForTheEnd(Limit));
        streams.ForEach(stream => stream.Dispose());
    }

    /// <summary>oddbuf takes every packet for UDP over IPv4 and sums up as many bytes as its header says, whether they are there or not.</summary>
    private static bool CanBeCut(byte[] frame)
    {
        const int Ethernet = IpView.EthernetLengthBytes;
        if (frame.Length < Ethernet + 28 || frame[12] != 8 || frame[Ethernet] >> 4 != 4)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Ethernet + 2));
        int header = (frame[Ethernet] & 15) * 4;
        return header >= 20 && length >= header + 8 && length <= frame.Length - Ethernet;
    }

    /// <summary>Once: VPP takes a feature that is enabled again a second time, and oddbuf loses the second buffer of a packet that it cuts again.</summary>
    public void BeginCuts()
    {
        if (!_plan.CutsBuffers)
            return;
        ConfigureCuts(_plan.Seed);
        foreach (string name in (string[])[Ground.Clients, Ground.Pods])
            _ground.Host.Cli($"oddbuf enable-disable {name}");
    }

    private void ConfigureCuts(int seed)
    {
        if (!_plan.CutsBuffers)
            return;
        int inSecond = 1 + (seed * 7 % 40);
        _ground.Type($"oddbuf configure n_to_copy {inSecond} offset {inSecond % 7} first_offset 0");
    }
}
