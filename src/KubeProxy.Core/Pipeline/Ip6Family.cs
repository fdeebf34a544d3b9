using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>IPv6 for the pipeline.</summary>
public readonly unsafe partial struct Ip6Family : IIpFamily<Ip6Flow, Ip6Session>
{
    private const byte MulticastByte = 0xFF;
    private const ushort LinkLocalWire = 0x80FE;
    private const ushort LinkLocalMaskWire = 0xC0FF;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Parse(byte* packet, uint available, Ip6Flow* flow)
    {
        if (available < Ip6Header.SizeBytes) return Outcome.Truncated;
        Ip6Header* ip = (Ip6Header*)packet;

        // ip6-input does not compare the payload length with the buffer, so the smaller one counts.
        uint length = Math.Min(available, LengthBytes(packet));
        L4Header* l4 = (L4Header*)(packet + Ip6Header.SizeBytes);
        if (ip->NextHeader == IpProtocol.Tcp)
        {
            if (length < Ip6Header.SizeBytes + L4Header.TcpBytes) return Outcome.Truncated;
        }
        else if (ip->NextHeader == IpProtocol.Udp)
        {
            if (length < Ip6Header.SizeBytes + L4Header.UdpBytes) return Outcome.Truncated;
            if (l4->UdpChecksum == 0) return Outcome.ZeroUdpChecksum;
        }
        else
        {
            return Refuse(ip);
        }

        Vector256.Load((byte*)&ip->SourceFirst).Store((byte*)flow);
        uint flowClass = ip->NextHeader == IpProtocol.Tcp ? FlowClass.Tcp : FlowClass.Udp;
        flow->PortsAndClass = Ip6Flow.Pack(l4->Ports, flowClass);
        return Outcome.Translated;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* L4(byte* packet) => packet + Ip6Header.SizeBytes;

    /// <summary>RFC 4291 section 2.5.6: not from or to fe80::/10; and not to multicast, ff00::/8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayLeaveLink(byte* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        return !IsLinkLocal(ip->SourceFirst) && !IsLinkLocal(ip->DestinationFirst) && (byte)ip->DestinationFirst != MulticastByte;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LengthBytes(byte* packet) =>
        Ip6Header.SizeBytes + (uint)BinaryPrimitives.ReverseEndianness(((Ip6Header*)packet)->PayloadLengthWire);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RewriteDestination(byte* packet, PodRecord* pod)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        ulong sum = Complement(ip->DestinationFirst, ip->DestinationSecond) + pod->AddressSum;
        uint change = InternetChecksum.Shorten(sum);
        ip->DestinationFirst = pod->Address6First;
        ip->DestinationSecond = pod->Address6Second;

        ushort from = l4->DestinationPortWire;
        ushort to = pod->TargetPortWire != 0 ? pod->TargetPortWire : from;
        l4->DestinationPortWire = to;
        L4Checksum.Update(l4, ip->NextHeader, change + (uint)InternetChecksum.Change16(from, to));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RewriteSource(byte* packet, Ip6Session* session)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        ulong first = session->Tuple.DestinationFirst;
        ulong second = session->Tuple.DestinationSecond;
        uint change = InternetChecksum.Shorten(Complement(ip->SourceFirst, ip->SourceSecond) + Words(first, second));
        ip->SourceFirst = first;
        ip->SourceSecond = second;

        ushort from = l4->SourcePortWire;
        l4->SourcePortWire = session->Tuple.DestinationPortWire;
        L4Checksum.Update(l4, ip->NextHeader, change + (uint)InternetChecksum.Change16(from, session->Tuple.DestinationPortWire));
    }

    /// <inheritdoc/>
    public static void SetSource(byte* packet, Ip6Flow* flow)
    {
        L4Header* l4 = (L4Header*)L4(packet);
        Set((Ip6Header*)packet, &((Ip6Header*)packet)->SourceFirst, &l4->SourcePortWire, flow);
    }

    /// <inheritdoc/>
    public static void SetDestinationToSource(byte* packet, Ip6Flow* flow)
    {
        L4Header* l4 = (L4Header*)L4(packet);
        Set((Ip6Header*)packet, &((Ip6Header*)packet)->DestinationFirst, &l4->DestinationPortWire, flow);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NodePortTable* NodePorts(DataPath* shared) => &shared->NodePorts6;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SessionTable<Ip6Session, Ip6Flow>* Sessions(Worker* worker) => &worker->Sessions6;

    /// <summary>Sum of an address's four 32-bit words as they lie in memory: a pod's <see cref="PodRecord.AddressSum"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Words(ulong first, ulong second) =>
        (first & uint.MaxValue) + (first >> 32) + (second & uint.MaxValue) + (second >> 32);

    private static void Set(Ip6Header* ip, ulong* address, ushort* portWire, Ip6Flow* to)
    {
        uint change = InternetChecksum.Shorten(Complement(address[0], address[1]) + Words(to->SourceFirst, to->SourceSecond));
        address[0] = to->SourceFirst;
        address[1] = to->SourceSecond;
        ushort from = *portWire;
        *portWire = to->SourcePortWire;
        L4Checksum.Update((L4Header*)L4((byte*)ip), ip->NextHeader, change + (uint)InternetChecksum.Change16(from, to->SourcePortWire));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Complement(ulong first, ulong second) => Words(~first, ~second);

    private static bool IsLinkLocal(ulong firstHalf) => ((ushort)firstHalf & LinkLocalMaskWire) == LinkLocalWire;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Refuse(Ip6Header* ip) => ip->NextHeader switch
    {
        IpProtocol.Ip6Fragment => Outcome.Fragment,
        IpProtocol.Icmp6 => Outcome.IcmpNotSupported,
        0 or 43 or 51 or 60 or 135 or 139 or 140 => Outcome.ExtensionHeader,
        _ => Outcome.ProtocolNotSupported,
    };
}
