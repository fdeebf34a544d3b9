using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Plugin.Workers;

/// <summary>Gives a clock the idle times of the configuration.</summary>
internal static class Timeouts
{
    /// <summary>Sets every kind's timeout.</summary>
    public static void Apply(ref SessionClock clock, SessionTimeouts timeouts)
    {
        clock.SetTimeout(SessionKind.Udp, timeouts.Udp);
        clock.SetTimeout(SessionKind.Sctp, timeouts.Udp);
        clock.SetTimeout(SessionKind.Other, timeouts.Icmp);
        clock.SetTimeout(SessionKind.TcpOpening, timeouts.TcpOpening);
        clock.SetTimeout(SessionKind.TcpEstablished, timeouts.Tcp);
        clock.SetTimeout(SessionKind.TcpClosing, timeouts.TcpClosing);
    }
}
