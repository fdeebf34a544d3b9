using System.Net;

namespace KubeProxy.Oracle;

/// <summary>One flow of a client: protocol, ends. Protocols without ports have the ports 0.</summary>
public sealed record Flow(int Protocol, IPAddress Client, int ClientPort, IPAddress Address, int Port);

/// <summary>A remembered choice.</summary>
public sealed class PlainSession(Flow flow, PlainPod pod, int podPort)
{
    public Flow Flow { get; } = flow;

    public PlainPod Pod { get; } = pod;

    public int PodPort { get; } = podPort;

    /// <summary>What the pod sees as its client.</summary>
    public IPAddress SeenClient { get; init; } = flow.Client;

    public int SeenPort { get; init; } = flow.ClientPort;

    public bool Masqueraded { get; init; }

    public TcpState State { get; set; }

    public long LastSeconds { get; set; }

    /// <summary>The pod was removed under a session that does not outlive that: it may end at any time from now on.
    /// So may a connection that is over at a removed pod, once its client has begun anew.</summary>
    public bool Loose { get; set; }

    /// <summary>A segment of the pod, of which nobody can say whether it had data, has left the state open.</summary>
    public bool IsUnsure { get; set; }

    public VipKind Kind => Pod.Service.Vip.Kind;

    /// <summary>The pod's answers as a flow: they come from the pod and go to the client that it sees.</summary>
    public Flow Answers => new(ProtocolOfAnswers(Kind, Flow.Protocol), Pod.Address, PodPort, SeenClient, SeenPort);

    public bool IsTcp => Flow.Protocol == IpProtocol.Tcp;

    /// <summary>The number that the pod's family has for a flow's protocol.</summary>
    public static int ProtocolOfAnswers(VipKind kind, int protocol) => kind == VipKind.Plain ? protocol : FamilySwap.Protocol(protocol, ip6: kind == VipKind.Nat64);
}

/// <summary>Whether a session is still there. Between its time and one tick of its clock later nobody promises either.</summary>
public enum Life
{
    Over,
    MayBeOver,
    Live,
}
