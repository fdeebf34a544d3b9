using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Sessions;

/// <summary>Kinds of session. TCP kinds share bit 2 (<see cref="FlowClass.Tcp"/>); the others equal their flow class.</summary>
public static class SessionKind
{
    /// <summary>UDP.</summary>
    public const uint Udp = FlowClass.Udp;

    /// <summary>SCTP.</summary>
    public const uint Sctp = FlowClass.Sctp;

    /// <summary>A protocol without ports.</summary>
    public const uint Other = FlowClass.Other;

    /// <summary>TCP of which only SYNs were seen.</summary>
    public const uint TcpOpening = FlowClass.Tcp;

    /// <summary>TCP on which the client went on after its SYN.</summary>
    public const uint TcpEstablished = FlowClass.Tcp + 1;

    /// <summary>TCP that is ending.</summary>
    public const uint TcpClosing = FlowClass.Tcp + 2;

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
    public static bool IsOfClass(uint value, uint flowClass)
    {
        uint kind = Kind(value);
        return kind == flowClass || (kind & flowClass & FlowClass.Tcp) != 0;
    }

    /// <summary>Flow class of a kind.</summary>
    public static uint ClassOf(uint kind) => kind >= FlowClass.Tcp ? FlowClass.Tcp : kind;
}
