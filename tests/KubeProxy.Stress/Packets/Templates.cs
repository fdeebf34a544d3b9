using System.Net;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Packets;

/// <summary>Good packets of every kind that the nodes see, from clients and from pods: what mutations start from.</summary>
public sealed class Templates(Random random, Link fromClients, Func<int, Link> fromPod)
{
    private const int ClientCount = 200;
    private static readonly byte[] Errors4 = [3, 11, 12, 5, 4];
    private static readonly byte[] Errors6 = [1, 2, 3, 4];

    /// <summary>A packet that enters where clients do.</summary>
    public byte[] FromClient()
    {
        bool isIp6 = random.Next(2) == 0;
        return random.Next(10) switch
        {
            0 => Echo(isIp6),
            1 => Error(isIp6, Answer(isIp6), fromClients, Ground.Client(random.Next(ClientCount), isIp6).Address, Vip(isIp6)),
            _ => PacketFactory.Build(Request(isIp6), fromClients, Options()),
        };
    }

    /// <summary>A packet that enters where pods do.</summary>
    public byte[] FromPod()
    {
        bool isIp6 = random.Next(2) == 0;
        int pod = random.Next(1, 6);
        Link link = fromPod(pod);
        if (random.Next(10) != 0)
            return PacketFactory.Build(AnswerOf(pod, isIp6), link, Options());
        byte[] quoted = PacketFactory.Build(AnswerOf(pod, isIp6).Reversed, link, Options());
        return Error(isIp6, quoted, link, Ground.Pod(pod, isIp6), Ground.Client(random.Next(ClientCount), isIp6).Address);
    }

    private Flow Request(bool isIp6) => new(AnyTransport(), Ground.Client(random.Next(ClientCount), isIp6), new IPEndPoint(Vip(isIp6), Port()));

    /// <summary>From a pod's port to a client: of a session, if that client has asked.</summary>
    private Flow AnswerOf(int pod, bool isIp6)
    {
        int port = random.Next(3) == 0 ? 8080 : Port();
        return new Flow(AnyTransport(), new IPEndPoint(Ground.Pod(pod, isIp6), port), Ground.Client(random.Next(ClientCount), isIp6));
    }

    private byte[] Answer(bool isIp6)
    {
        Flow flow = Request(isIp6).Reversed;
        return PacketFactory.Build(flow, fromClients, Options());
    }

    private byte[] Echo(bool isIp6)
    {
        byte[] body = new byte[random.Next(0, 200)];
        random.NextBytes(body);
        IcmpContent content = new((byte)(isIp6 ? 128 : 8), 0, (uint)random.Next(), body);
        return IcmpFactory.Build(fromClients, Ground.Client(random.Next(ClientCount), isIp6).Address, Vip(isIp6), content);
    }

    private byte[] Error(bool isIp6, byte[] quoted, Link link, IPAddress source, IPAddress destination)
    {
        byte[] types = isIp6 ? Errors6 : Errors4;
        int length = random.Next(3) == 0 ? random.Next(0, 80) : int.MaxValue;
        return IcmpFactory.Build(link, source, destination, IcmpContent.About(quoted, types[random.Next(types.Length)], (byte)random.Next(16), (uint)random.Next(2000), length));
    }

    private PacketOptions Options() => PacketOptions.Plain with
    {
        Id = random.Next(),
        PayloadLengthBytes = random.Next(4) == 0 ? random.Next(0, 900) : random.Next(0, 64),
        TimeToLive = (byte)(random.Next(8) == 0 ? random.Next(0, 3) : 64),
        Syn = random.Next(3) == 0,
        Fin = random.Next(6) == 0,
        Rst = random.Next(8) == 0,
        ZeroUdpChecksum = random.Next(8) == 0,
    };

    private Transport AnyTransport() => random.Next(5) switch { 0 or 1 => Transport.Tcp, 2 or 3 => Transport.Udp, _ => Transport.Sctp };

    private IPAddress Vip(bool isIp6)
    {
        IReadOnlyList<string> vips = Services.Vips(isIp6);
        return IPAddress.Parse(vips[random.Next(vips.Count)]);
    }

    private int Port() => Services.Ports[random.Next(Services.Ports.Count)];
}
