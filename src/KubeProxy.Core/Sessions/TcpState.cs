using KubeProxy.Core.Net;

namespace KubeProxy.Core.Sessions;

/// <summary>What a TCP segment says about its connection. The first that fits: RST before SYN before FIN before data.</summary>
public enum TcpSegment : byte
{
    /// <summary>None of the others: no flag of these and no payload. Also what stands for a packet that is not TCP.</summary>
    Bare = 0,

    /// <summary>Payload.</summary>
    Data,

    /// <summary>FIN, with or without payload.</summary>
    Fin,

    /// <summary>SYN without ACK.</summary>
    Syn,

    /// <summary>SYN with ACK.</summary>
    SynAck,

    /// <summary>RST.</summary>
    Reset,
}

/// <summary>
/// State of a TCP connection as its session knows it: the states of RFC 6146 section 3.5.2.2, without sequence numbers,
/// kept in the session's kind. C is the client, P the pod:
/// <code>
///                     C data, bare              C FIN                 P FIN
///   ┌─────────┐ P SYN-ACK, data ┌─────────────┐ ──▶ ┌───────────────┐ ──▶ ┌─────────┐
///   │ opening │ ──────────────▶ │ established │     │ client closed │     │ closing │
///   └─────────┘                 └─────────────┘ ──▶ ┌───────────────┐ ──▶ │         │
///        ▲                             ▲      P FIN │  pod closed   │ C FIN         │
///        │                             │            └───────────────┘     └─────────┘
///        └────────── C SYN ────────────┴───────────── data ─────────────────────┘
/// </code>
/// A RST of either side makes every state closing. Closing is no end: while its timeout runs the session serves both
/// directions, payload takes it back to established and a SYN to opening, so a RST or FIN that the other side does
/// not accept (its sequence number is wrong) kills nothing. The table with its reasons is docs/decisions/0010-tcp-states.md.
/// </summary>
public static unsafe class TcpState
{
    /// <summary>What a segment says; <paramref name="lengthBytes"/> is the segment's, header included, as the IP header has it.</summary>
    public static TcpSegment Read(byte* l4, uint lengthBytes)
    {
        uint headerBytes = ((uint)l4[L4Header.TcpDataOffset] >> 4) * sizeof(uint);
        return Read(l4[L4Header.TcpFlagsOffset], hasPayload: lengthBytes > headerBytes);
    }

    /// <summary>What a segment with these flags says.</summary>
    public static TcpSegment Read(byte flags, bool hasPayload)
    {
        if ((flags & L4Header.TcpRst) != 0) return TcpSegment.Reset;
        if ((flags & L4Header.TcpSyn) != 0) return (flags & L4Header.TcpAck) != 0 ? TcpSegment.SynAck : TcpSegment.Syn;
        if ((flags & L4Header.TcpFin) != 0) return TcpSegment.Fin;
        return hasPayload ? TcpSegment.Data : TcpSegment.Bare;
    }

    /// <summary>Kind of a connection's session at its first packet, which is the client's.</summary>
    public static uint First(TcpSegment segment) => AfterClient(SessionKind.TcpOpening, segment);

    /// <summary>
    /// The kind after a client's segment. What a client sends beside SYN shows that it has got the pod's SYN-ACK. A SYN
    /// counts where it can only be a new connection's: after the client's own FIN, or while closing.
    /// </summary>
    public static uint AfterClient(uint kind, TcpSegment segment) => segment switch
    {
        TcpSegment.Reset => SessionKind.TcpClosing,
        TcpSegment.Syn => kind is SessionKind.TcpClosing or SessionKind.TcpClientClosed ? SessionKind.TcpOpening : kind,
        TcpSegment.SynAck => kind,
        TcpSegment.Fin => kind is SessionKind.TcpPodClosed or SessionKind.TcpClosing ? SessionKind.TcpClosing : SessionKind.TcpClientClosed,
        TcpSegment.Data => AfterData(kind),
        _ => kind == SessionKind.TcpOpening ? SessionKind.TcpEstablished : kind,
    };

    /// <summary>
    /// The kind after a pod's segment. While opening, a FIN or a bare ACK is an older connection's (RFC 9293 section
    /// 3.10.7.4: an ACK that challenges the SYN) and says nothing about this one.
    /// </summary>
    public static uint AfterPod(uint kind, TcpSegment segment) => segment switch
    {
        TcpSegment.Reset => SessionKind.TcpClosing,
        TcpSegment.SynAck => kind is SessionKind.TcpOpening or SessionKind.TcpPodClosed ? SessionKind.TcpEstablished : kind,
        TcpSegment.Fin => AfterPodFin(kind),
        TcpSegment.Data => AfterData(kind),
        _ => kind,
    };

    private static uint AfterData(uint kind) =>
        kind is SessionKind.TcpOpening or SessionKind.TcpClosing ? SessionKind.TcpEstablished : kind;

    private static uint AfterPodFin(uint kind) => kind switch
    {
        SessionKind.TcpOpening => kind,
        SessionKind.TcpClientClosed or SessionKind.TcpClosing => SessionKind.TcpClosing,
        _ => SessionKind.TcpPodClosed,
    };
}
