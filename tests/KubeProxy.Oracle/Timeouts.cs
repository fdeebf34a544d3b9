namespace KubeProxy.Oracle;

/// <summary>Idle times in seconds, by kind (docs/commands.md, kube-proxy conf).</summary>
public sealed class Timeouts
{
    private const int TicksPerTimeout = 250;

    public int Udp { get; set; } = 120;

    public int Tcp { get; set; } = 7440;

    public int TcpOpening { get; set; } = 240;

    public int TcpClosing { get; set; } = 240;

    public int Icmp { get; set; } = 60;

    public int Of(PlainSession session) => session.Flow.Protocol switch
    {
        IpProtocol.Tcp => session.State switch { TcpState.Opening => TcpOpening, TcpState.Closing => TcpClosing, _ => Tcp },
        IpProtocol.Udp or IpProtocol.Sctp => Udp,
        _ => Icmp,
    };

    /// <summary>Resolution of the clock of a session with this timeout: a second, or 1/250 of the timeout.</summary>
    public static double TickSeconds(int timeoutSeconds) => Math.Max(1.0, timeoutSeconds / (double)TicksPerTimeout);

    public Life LifeOf(PlainSession session, long nowSeconds)
    {
        int timeout = Of(session);
        long idle = nowSeconds - session.LastSeconds;
        if (session.IsUnsure) return idle < Math.Min(Tcp, Math.Min(TcpOpening, TcpClosing)) ? Life.Live : idle > (Tcp + TcpOpening + TcpClosing) * 2 ? Life.Over : Life.MayBeOver;
        if (idle < timeout) return Life.Live;
        return idle > timeout + (2 * TickSeconds(timeout)) ? Life.Over : Life.MayBeOver;
    }
}
