using KubeProxy.Core.Sessions;

namespace KubeProxy.Plugin.Workers;

/// <summary>Idle times after which a session is forgotten, by kind: RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2.</summary>
internal static class Timeouts
{
    private const uint UdpSeconds = 120;
    private const uint TcpEstablishedSeconds = 7440;
    private const uint TcpTransitorySeconds = 240;
    private const uint OtherSeconds = 60;

    /// <summary>Sets a clock's timeouts: one for all kinds, or the defaults.</summary>
    public static void Apply(ref SessionClock clock, uint? allSeconds)
    {
        clock.SetTimeout(SessionKind.Udp, allSeconds ?? UdpSeconds);
        clock.SetTimeout(SessionKind.Sctp, allSeconds ?? TcpEstablishedSeconds);
        clock.SetTimeout(SessionKind.Other, allSeconds ?? OtherSeconds);
        clock.SetTimeout(SessionKind.TcpOpening, allSeconds ?? TcpTransitorySeconds);
        clock.SetTimeout(SessionKind.TcpEstablished, allSeconds ?? TcpEstablishedSeconds);
        clock.SetTimeout(SessionKind.TcpClosing, allSeconds ?? TcpTransitorySeconds);
    }
}
