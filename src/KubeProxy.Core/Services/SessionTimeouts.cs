namespace KubeProxy.Core.Services;

/// <summary>Idle times in seconds after which a session is forgotten, by kind.</summary>
/// <param name="Udp">UDP, and SCTP.</param>
/// <param name="Tcp">TCP that is established.</param>
/// <param name="TcpOpening">TCP of which only the opening was seen.</param>
/// <param name="TcpClosing">TCP that is ending.</param>
/// <param name="Icmp">ICMP echo, and other protocols without ports.</param>
public readonly record struct SessionTimeouts(uint Udp, uint Tcp, uint TcpOpening, uint TcpClosing, uint Icmp)
{
    /// <summary>RFC 4787 REQ-5 (UDP), RFC 5382 REQ-5 (TCP: 2 hours 4 minutes, and 4 minutes), RFC 5508 REQ-2 (ICMP).</summary>
    public static SessionTimeouts Default { get; } = new(Udp: 120, Tcp: 7440, TcpOpening: 240, TcpClosing: 240, Icmp: 60);

    /// <summary>The words that name the kinds in commands, in the order of output.</summary>
    public static IReadOnlyList<string> Words { get; } = ["udp", "tcp", "tcp-opening", "tcp-closing", "icmp"];

    /// <summary>One time for every kind.</summary>
    public static SessionTimeouts All(uint seconds) => new(seconds, seconds, seconds, seconds, seconds);

    /// <summary>The time of the kind with this word.</summary>
    public uint Of(string word) => word switch
    {
        "udp" => Udp,
        "tcp" => Tcp,
        "tcp-opening" => TcpOpening,
        "tcp-closing" => TcpClosing,
        "icmp" => Icmp,
        _ => throw new ArgumentException($"no session kind {word}", nameof(word)),
    };

    /// <summary>The same times but for the kind with this word.</summary>
    public SessionTimeouts With(string word, uint seconds) => word switch
    {
        "udp" => this with { Udp = seconds },
        "tcp" => this with { Tcp = seconds },
        "tcp-opening" => this with { TcpOpening = seconds },
        "tcp-closing" => this with { TcpClosing = seconds },
        "icmp" => this with { Icmp = seconds },
        _ => throw new ArgumentException($"no session kind {word}", nameof(word)),
    };
}
