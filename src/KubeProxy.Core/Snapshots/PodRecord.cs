using System.Runtime.InteropServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Snapshots;

/// <summary>Life of a pod slot. Values are part of the native layout.</summary>
public static class PodState
{
    /// <summary>Nobody uses the slot.</summary>
    public const uint Free = 0;

    /// <summary>The pod serves: new flows may choose it.</summary>
    public const uint Active = 1;

    /// <summary>The pod was taken out: its TCP sessions stay, its UDP sessions choose again with their next packet.</summary>
    public const uint Removed = 2;

    /// <summary>The service went away: every session of the slot is dead at once.</summary>
    public const uint Dead = 3;
}

/// <summary>
/// One pod of one service as the data path sees it. Written by the control thread only, one cache line each.
/// <code>
///   0            16              24     28    30    32   34      36           40   44        45     46      48     52    54    56   60       64
///   | address    | forward target| state| port| held| sum| fixed | fixed dest.|svc |protocol | offset| fixed | birth| masq| fixed| MTU| short way|
/// </code>
/// A slot is never given to another pod while a session refers to it (invariant SES-2), so a session needs no
/// generation of its own: the slot number alone says which pod was meant.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public unsafe struct PodRecord
{
    /// <summary>One cache line.</summary>
    public const int SizeBytes = 64;

    /// <summary>The pod's address in wire order; an IPv4 address fills the first 4 bytes, the rest is zero.</summary>
    [FieldOffset(0)]
    public fixed byte Address[16];

    /// <summary>The IPv4 address as it lies in memory.</summary>
    [FieldOffset(0)]
    public uint Address4;

    /// <summary>First half of the IPv6 address as it lies in memory.</summary>
    [FieldOffset(0)]
    public ulong Address6First;

    /// <summary>Second half of the IPv6 address as it lies in memory.</summary>
    [FieldOffset(8)]
    public ulong Address6Second;

    /// <summary>
    /// Where a packet for the pod goes: the host's adjacency in the low half, its graph next in the high half. One
    /// aligned word, so that a worker never sees the one without the other.
    /// </summary>
    [FieldOffset(16)]
    public ulong ForwardTarget;

    /// <summary>One of <see cref="PodState"/>.</summary>
    [FieldOffset(24)]
    public uint State;

    /// <summary>TargetPort in wire order, or 0 to keep the packet's port.</summary>
    [FieldOffset(28)]
    public ushort TargetPortWire;

    /// <summary>1 when the pod serves its sessions and gets no new flows: it drains or its weight is 0. Affinity heeds it.</summary>
    [FieldOffset(30)]
    public byte IsHeldBack;

    /// <summary>Folded sum of the address's words as they lie in memory, for checksum updates.</summary>
    [FieldOffset(32)]
    public ushort AddressSum;

    /// <summary><see cref="InternetChecksum.Addend"/> of the IPv4 header's change from <see cref="FixedDestination"/> to the pod.</summary>
    [FieldOffset(34)]
    public ushort FixedHeaderChange;

    /// <summary>
    /// Where all packets of the pod's service are addressed to that do not come by a node port or a further address, and what they change: an IPv4 address as it lies in
    /// memory. 0 when there is no such address.
    /// </summary>
    [FieldOffset(36)]
    public uint FixedDestination;

    /// <summary>Index of the pod's service, for its counters.</summary>
    [FieldOffset(40)]
    public uint ServiceIndex;

    /// <summary>The service's IANA protocol number, <see cref="Net.IpProtocol.Any"/> included.</summary>
    [FieldOffset(44)]
    public byte Protocol;

    /// <summary>Offset of the L4 checksum in packets to <see cref="FixedDestination"/>.</summary>
    [FieldOffset(45)]
    public byte FixedChecksumOffset;

    /// <summary>Addend of the L4 checksum's change, address and port, of packets to <see cref="FixedDestination"/>.</summary>
    [FieldOffset(46)]
    public ushort FixedChange;

    /// <summary>Number of the pod among all that ever had a slot, from 1 on: tells whether a slot has another pod by now.</summary>
    [FieldOffset(48)]
    public uint Birth;

    /// <summary>The service's <see cref="MasqueradeAddress"/>; 0 when it keeps its clients' addresses. Never changes while the slot has its pod.</summary>
    [FieldOffset(52)]
    public ushort MasqueradeIndex;

    /// <summary>Port with which packets to <see cref="FixedDestination"/> go on, in wire order.</summary>
    [FieldOffset(54)]
    public ushort FixedPortWire;

    /// <summary>Longest packet that the way to the pod takes whole, or <see cref="NoMtu"/>; <see cref="SetMtu"/> writes it.</summary>
    [FieldOffset(56)]
    public uint MtuBytes;

    /// <summary>
    /// Longest packet of a remembered flow that may be sent on without a further question: <see cref="MtuBytes"/> while the pod serves, otherwise
    /// 0. So one comparison with a packet's length finds out those that are too long and those whose pod is gone.
    /// </summary>
    [FieldOffset(60)]
    public uint ShortWayBytes;

    /// <summary>MTU of a way that takes every packet: above all lengths, IPv6's with its header included.</summary>
    public const uint NoMtu = 0x1_FFFF;

    /// <summary>Offset of the UDP checksum in an IPv4 packet without options.</summary>
    public const byte UdpChecksumOffset4 = Ip4Header.MinimumBytes + L4Header.UdpChecksumOffset;

    /// <summary>Says what all packets of an IPv4 service change. The address of the record, its sum and its target port are there.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="vip">The only address of the service, as it lies in memory.</param>
    /// <param name="portWire">The only port of the service.</param>
    /// <param name="protocol">TCP or UDP.</param>
    public static void Fix(PodRecord* pod, uint vip, ushort portWire, byte protocol)
    {
        ulong change = InternetChecksum.Change32(vip, pod->Address4);
        ushort toWire = pod->TargetPortWire != 0 ? pod->TargetPortWire : portWire;
        ulong withPorts = change + InternetChecksum.Change16(portWire, toWire);
        bool changesNothing = InternetChecksum.Fold(change) == ushort.MaxValue || InternetChecksum.Fold(withPorts) == ushort.MaxValue;
        if (changesNothing) return;
        pod->FixedHeaderChange = (ushort)InternetChecksum.Addend(change);
        pod->FixedChange = (ushort)InternetChecksum.Addend(withPorts);
        pod->FixedPortWire = toWire;
        pod->FixedChecksumOffset = protocol == IpProtocol.Tcp ? (byte)(Ip4Header.MinimumBytes + L4Header.TcpChecksumOffset) : UdpChecksumOffset4;
        pod->FixedDestination = vip;
    }

    /// <summary>Makes the address that the record holds the one that checksums are updated for.</summary>
    public static void SetAddressSum(PodRecord* pod)
    {
        uint* words = (uint*)pod->Address;
        pod->AddressSum = InternetChecksum.Fold((ulong)words[0] + words[1] + words[2] + words[3]);
    }

    /// <summary>The pod's state. A way that nobody has said the MTU of takes every packet.</summary>
    public static void SetState(PodRecord* pod, uint state)
    {
        if (state != PodState.Active) Volatile.Write(ref pod->ShortWayBytes, 0);
        Volatile.Write(ref pod->State, state);
        if (pod->MtuBytes == 0) pod->MtuBytes = NoMtu;
        if (state == PodState.Active) Volatile.Write(ref pod->ShortWayBytes, pod->MtuBytes);
    }

    /// <summary>The MTU of the way to the pod.</summary>
    public static void SetMtu(PodRecord* pod, uint mtuBytes)
    {
        Volatile.Write(ref pod->MtuBytes, mtuBytes);
        if (pod->State == PodState.Active) Volatile.Write(ref pod->ShortWayBytes, mtuBytes);
    }

    /// <summary>
    /// True when the slot's pod serves and had the slot already when the pod of number <paramref name="latestBirth"/> got its
    /// own. The state is read first: it is written last when a slot gets a pod.
    /// </summary>
    public static bool ServesSince(PodRecord* pod, uint latestBirth) =>
        Volatile.Read(ref pod->State) == PodState.Active && (int)(pod->Birth - latestBirth) <= 0;
}
