using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KubeProxy.Core.Net;

/// <summary>
/// Five-tuple of an IPv4 packet, 16 bytes, everything as it lies in the packet.
/// <code>
///   0        4             8                        12
///   | source | destination | src port | dst port   | protocol class (FlowClass) |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public unsafe struct Ip4Flow : IFlow<Ip4Flow>
{
    [FieldOffset(0)]
    public uint Source;

    /// <summary>Both addresses in one word.</summary>
    [FieldOffset(0)]
    public ulong Addresses;

    [FieldOffset(4)]
    public uint Destination;

    /// <summary>Source port in the low half, destination port in the high half, each in wire order.</summary>
    [FieldOffset(8)]
    public uint Ports;

    [FieldOffset(8)]
    public ushort SourcePortWire;

    [FieldOffset(10)]
    public ushort DestinationPortWire;

    /// <summary>Ports and class in one word, to be written at once: a wider read of two fresh stores would have to wait for both.</summary>
    [FieldOffset(8)]
    public ulong PortsAndClass;

    /// <summary>One of <see cref="FlowClass"/>.</summary>
    [FieldOffset(12)]
    public uint Class;

    /// <summary>Ports as they lie in a packet, and the class, as <see cref="PortsAndClass"/> holds them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Pack(uint ports, uint flowClass) => ports | ((ulong)flowClass << 32);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(Ip4Flow* flow, FlowHash* key) => FlowHash.Compute(key, flow);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ClassOf(Ip4Flow* flow) => flow->Class;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetClass(Ip4Flow* flow, uint flowClass) => flow->Class = flowClass;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyWithClass(Ip4Flow* flow, uint flowClass, Ip4Flow* copy) =>
        Vector128.Load((uint*)flow).WithElement(3, flowClass).Store((uint*)copy);

    /// <inheritdoc/>
    public static Ip4Flow ClientOf(Ip4Flow* flow, uint serviceIndex) =>
        new() { Source = flow->Source, PortsAndClass = serviceIndex };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort DestinationPort(Ip4Flow* flow) => flow->DestinationPortWire;

    /// <inheritdoc/>
    public static ushort SourcePort(Ip4Flow* flow) => flow->SourcePortWire;

    /// <inheritdoc/>
    public static byte* SourceOf(Ip4Flow* flow) => (byte*)&flow->Source;

    /// <inheritdoc/>
    public static byte* DestinationOf(Ip4Flow* flow) => (byte*)&flow->Destination;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFrom(Ip4Flow* flow, byte* address) => flow->Source == *(uint*)address;

    /// <inheritdoc/>
    public static bool AreSame(Ip4Flow* left, Ip4Flow* right) =>
        left->Addresses == right->Addresses && left->PortsAndClass == right->PortsAndClass;

    /// <inheritdoc/>
    public static Ip4Flow WithSource(Ip4Flow* flow, byte* address, ushort portWire)
    {
        Ip4Flow changed = *flow;
        changed.Source = *(uint*)address;
        changed.SourcePortWire = portWire;
        return changed;
    }

    /// <inheritdoc/>
    public static Ip4Flow Reversed(Ip4Flow* flow) => new()
    {
        Source = flow->Destination,
        Destination = flow->Source,
        SourcePortWire = flow->DestinationPortWire,
        DestinationPortWire = flow->SourcePortWire,
        Class = flow->Class,
    };
}
