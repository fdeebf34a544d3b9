using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KubeProxy.Core.Net;

/// <summary>
/// Five-tuple of an IPv6 packet, 40 bytes, everything as it lies in the packet.
/// <code>
///   0             16                 32                       36
///   | source (16) | destination (16) | src port | dst port   | protocol class (FlowClass) |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
public unsafe struct Ip6Flow : IFlow<Ip6Flow>
{
    [FieldOffset(0)]
    public ulong SourceFirst;

    [FieldOffset(8)]
    public ulong SourceSecond;

    [FieldOffset(16)]
    public ulong DestinationFirst;

    [FieldOffset(24)]
    public ulong DestinationSecond;

    /// <summary>Source port in the low half, destination port in the high half, each in wire order.</summary>
    [FieldOffset(32)]
    public uint Ports;

    [FieldOffset(32)]
    public ushort SourcePortWire;

    [FieldOffset(34)]
    public ushort DestinationPortWire;

    /// <summary>Ports and class in one word, to be written at once: a wider read of two fresh stores would have to wait for both.</summary>
    [FieldOffset(32)]
    public ulong PortsAndClass;

    /// <summary>One of <see cref="FlowClass"/>.</summary>
    [FieldOffset(36)]
    public uint Class;

    /// <summary>Ports as they lie in a packet, and the class, as <see cref="PortsAndClass"/> holds them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Pack(uint ports, uint flowClass) => ports | ((ulong)flowClass << 32);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(Ip6Flow* flow, FlowHash* key) => FlowHash.Compute(key, flow);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ClassOf(Ip6Flow* flow) => flow->Class;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetClass(Ip6Flow* flow, uint flowClass) => flow->Class = flowClass;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyWithClass(Ip6Flow* flow, uint flowClass, Ip6Flow* copy)
    {
        Vector256.Load(&flow->SourceFirst).Store(&copy->SourceFirst);
        copy->PortsAndClass = Pack(flow->Ports, flowClass);
    }

    /// <inheritdoc/>
    public static Ip6Flow ClientOf(Ip6Flow* flow, uint serviceIndex) =>
        new() { SourceFirst = flow->SourceFirst, SourceSecond = flow->SourceSecond, PortsAndClass = serviceIndex };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort DestinationPort(Ip6Flow* flow) => flow->DestinationPortWire;

    /// <inheritdoc/>
    public static ushort SourcePort(Ip6Flow* flow) => flow->SourcePortWire;

    /// <inheritdoc/>
    public static byte* SourceOf(Ip6Flow* flow) => (byte*)&flow->SourceFirst;

    /// <inheritdoc/>
    public static byte* DestinationOf(Ip6Flow* flow) => (byte*)&flow->DestinationFirst;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFrom(Ip6Flow* flow, byte* address) =>
        flow->SourceSecond == *(ulong*)(address + 8) && flow->SourceFirst == *(ulong*)address;

    /// <inheritdoc/>
    public static bool AreSame(Ip6Flow* left, Ip6Flow* right) =>
        left->SourceFirst == right->SourceFirst && left->SourceSecond == right->SourceSecond
        && left->DestinationFirst == right->DestinationFirst && left->DestinationSecond == right->DestinationSecond
        && left->PortsAndClass == right->PortsAndClass;

    /// <inheritdoc/>
    public static Ip6Flow WithSource(Ip6Flow* flow, byte* address, ushort portWire)
    {
        Ip6Flow changed = *flow;
        changed.SourceFirst = *(ulong*)address;
        changed.SourceSecond = *(ulong*)(address + 8);
        changed.SourcePortWire = portWire;
        return changed;
    }

    /// <inheritdoc/>
    public static Ip6Flow Reversed(Ip6Flow* flow) => new()
    {
        SourceFirst = flow->DestinationFirst,
        SourceSecond = flow->DestinationSecond,
        DestinationFirst = flow->SourceFirst,
        DestinationSecond = flow->SourceSecond,
        SourcePortWire = flow->DestinationPortWire,
        DestinationPortWire = flow->SourcePortWire,
        Class = flow->Class,
    };
}
