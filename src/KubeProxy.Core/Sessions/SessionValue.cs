using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// Kinds of session: the state of a TCP connection (see <see cref="TcpState"/>), or the flow class of the others.
/// </summary>
public static class SessionKind
{
    /// <summary>TCP that is ending: both sides sent FIN, or one RST.</summary>
    public const uint TcpClosing = 0;

    /// <summary>UDP.</summary>
    public const uint Udp = FlowClass.Udp;

    /// <summary>SCTP.</summary>
    public const uint Sctp = FlowClass.Sctp;

    /// <summary>A protocol without ports.</summary>
    public const uint Other = FlowClass.Other;

    /// <summary>TCP whose pod has not answered the client's SYN.</summary>
    public const uint TcpOpening = FlowClass.Tcp;

    /// <summary>TCP on which data may flow both ways.</summary>
    public const uint TcpEstablished = FlowClass.Tcp + 1;

    /// <summary>TCP of which the client sent FIN and the pod did not.</summary>
    public const uint TcpClientClosed = FlowClass.Tcp + 2;

    /// <summary>TCP of which the pod sent FIN and the client did not.</summary>
    public const uint TcpPodClosed = FlowClass.Tcp + 3;

    /// <summary>Number of values that fit the field.</summary>
    public const int Count = 8;
}

/// <summary>
/// The 32 bits that a session remembers beside its five-tuple. Zero is an empty entry: pod slot 0 is never used.
/// <code>
///   31          23 22     20 19                  0
///   | tick (9)    | kind (3)| pod slot (20)      |
/// </code>
/// </summary>
public static class SessionValue
{
    /// <summary>Bits of the pod slot.</summary>
    public const int PodSlotBits = 20;

    /// <summary>First bit of the kind.</summary>
    public const int KindShift = PodSlotBits;

    /// <summary>First bit of the tick.</summary>
    public const int TickShift = 23;

    /// <summary>Ticks count modulo this.</summary>
    public const uint TickPeriod = 1u << (32 - TickShift);

    /// <summary>All bits of the pod slot.</summary>
    public const uint PodSlotMask = (1u << PodSlotBits) - 1;

    private const uint KindMask = SessionKind.Count - 1;

    /// <summary>Flow classes of the kinds, four bits each, kind 0 lowest.</summary>
    private const uint Classes = 0x4444_3214;

    /// <summary>Packs a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Pack(uint podSlot, uint kind, uint tick) => podSlot | (kind << KindShift) | (tick << TickShift);

    /// <summary>The pod slot of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint PodSlot(uint value) => value & PodSlotMask;

    /// <summary>The kind of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Kind(uint value) => (value >> KindShift) & KindMask;

    /// <summary>The tick of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Tick(uint value) => value >> TickShift;

    /// <summary>The kind and tick of a value, in their places; the pod slot is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Stamp(uint value) => value & ~PodSlotMask;

    /// <summary>True when a value's kind belongs to a flow class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOfClass(uint value, uint flowClass) => ClassOf(Kind(value)) == flowClass;

    /// <summary>Flow class of a kind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ClassOf(uint kind) => (Classes >> (int)(kind * 4)) & 7;
}
