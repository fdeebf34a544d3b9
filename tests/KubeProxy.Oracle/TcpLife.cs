namespace KubeProxy.Oracle;

/// <summary>States of a TCP connection as RFC 6146, section 3.5.2.2, has them, seen by a host that keeps no sequence numbers.</summary>
public enum TcpState
{
    Opening,
    Established,
    ClientClosed,
    PodClosed,
    Closing,
}

/// <summary>A segment is the first of these that fits it.</summary>
public enum Segment
{
    Rst,
    Syn,
    SynAck,
    Fin,
    Data,
    Bare,
}

/// <summary>What segments make of a connection's state (decision 0010), as sentences instead of its two tables.</summary>
public static class TcpLife
{
    /// <summary>Every fragment of a segment says what the segment says, which has data.</summary>
    public static Segment Read(PlainPacket packet)
    {
        int flags = packet.TcpFlags ?? packet.Bytes[packet.L4 + 13];
        if ((flags & 4) != 0) return Segment.Rst;
        if ((flags & 2) != 0) return (flags & 16) != 0 ? Segment.SynAck : Segment.Syn;
        if ((flags & 1) != 0) return Segment.Fin;
        return packet.IsPart || packet.ClaimedBytes - packet.L4 > HeaderBytes(packet) ? Segment.Data : Segment.Bare;
    }

    /// <summary>Whether a segment whose length lies has data by what its header claims and none by what is there: nobody says which counts.</summary>
    public static bool MayHaveData(PlainPacket packet) =>
        packet.ClaimsMoreThanThereIs && Read(packet) == Segment.Data && packet.End - packet.L4 <= HeaderBytes(packet);

    private static int HeaderBytes(PlainPacket packet) => (packet.Bytes[packet.L4 + 12] >> 4) * 4;

    public static TcpState OfClient(TcpState state, Segment segment) => (segment, state) switch
    {
        (Segment.Rst, _) => TcpState.Closing,
        (Segment.Syn, TcpState.ClientClosed or TcpState.Closing) => TcpState.Opening,
        (Segment.Syn or Segment.SynAck, _) => state,
        (Segment.Fin, TcpState.PodClosed or TcpState.Closing) => TcpState.Closing,
        (Segment.Fin, _) => TcpState.ClientClosed,
        (Segment.Data, TcpState.Closing) => TcpState.Established,
        (_, TcpState.Opening) => TcpState.Established,
        _ => state,
    };

    public static TcpState OfPod(TcpState state, Segment segment) => (segment, state) switch
    {
        (Segment.Rst, _) => TcpState.Closing,
        (Segment.SynAck, TcpState.Opening or TcpState.PodClosed) => TcpState.Established,
        (Segment.Fin, TcpState.Established) => TcpState.PodClosed,
        (Segment.Fin, TcpState.ClientClosed) => TcpState.Closing,
        (Segment.Data, TcpState.Opening or TcpState.Closing) => TcpState.Established,
        _ => state,
    };
}
