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
    private const ulong LoopbackSecondWire = 1UL << 56;
    private const ushort LinkLocalWire = 0x80FE;
    private const ushort LinkLocalMaskWire = 0xC0FF;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParse(byte* packet, uint available, Ip6Flow* flow)
    {
        if (available < Ip6Header.SizeBytes) return false;
        Ip6Header* ip = (Ip6Header*)packet;
        L4Header* l4 = (L4Header*)(packet + Ip6Header.SizeBytes);
        uint isTcp = ip->NextHeader == IpProtocol.Tcp ? 1u : 0;

        // ip6-input does not compare the payload length with the buffer, so the smaller one counts.
        uint length = Math.Min(available, LengthBytes(packet));
        if (length < Ip6Header.SizeBytes + L4Header.UdpBytes + (isTcp * (L4Header.TcpBytes - L4Header.UdpBytes))) return false;
        if (isTcp == 0 && (ip->NextHeader != IpProtocol.Udp || l4->UdpChecksum == 0)) return false;

        Vector256.Load((byte*)&ip->SourceFirst).Store((byte*)flow);
        uint flowClass = FlowClass.Udp + (isTcp * (FlowClass.Tcp - FlowClass.Udp));
        flow->PortsAndClass = Ip6Flow.Pack(l4->Ports, flowClass);
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParsePlain(
        byte* packet, uint available, uint* stamps, FlowHash* key, Ip6Flow* wanted, out ulong hash, out uint lengthBytes)
    {
        const uint leastBytes = Ip6Header.SizeBytes + L4Header.UdpBytes;
        const uint leastTcpBytes = Ip6Header.SizeBytes + L4Header.TcpBytes;
        Ip6Header* ip = (Ip6Header*)packet;
        L4Header* l4 = (L4Header*)(packet + Ip6Header.SizeBytes);
        hash = 0;
        lengthBytes = 0;
        if (available < leastBytes) return false;
        lengthBytes = LengthBytes(packet);
        if (lengthBytes < leastBytes || lengthBytes > available || ip->HopLimit <= 1) return false;
        uint flowClass = FlowClass.Udp;
        uint stamp = stamps[FlowClass.Udp];
        if (ip->NextHeader == IpProtocol.Udp)
        {
            if (l4->UdpChecksum == 0) return false;
        }
        else
        {
            if (ip->NextHeader != IpProtocol.Tcp || lengthBytes < leastTcpBytes) return false;
            flowClass = FlowClass.Tcp;
            stamp = stamps[FlowClass.Tcp] | (packet[Ip6Header.SizeBytes + L4Header.TcpFlagsOffset] & (uint)L4Header.TcpControl);
        }

        Vector256<byte> addresses = Vector256.Load((byte*)&ip->SourceFirst);
        hash = FlowHash.Compute(key, addresses.GetLower(), addresses.GetUpper(), Ip6Flow.Pack(l4->Ports, flowClass));
        addresses.Store((byte*)wanted);
        wanted->PortsAndClass = Ip6Flow.Pack(l4->Ports, stamp);
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Outcome Explain(byte* packet, uint available)
    {
        if (available < Ip6Header.SizeBytes) return Outcome.Truncated;
        uint length = Math.Min(available, LengthBytes(packet));
        return ((Ip6Header*)packet)->NextHeader switch
        {
            IpProtocol.Udp when length >= Ip6Header.SizeBytes + L4Header.UdpBytes => Outcome.ZeroUdpChecksum,
            IpProtocol.Tcp or IpProtocol.Udp => Outcome.Truncated,
            IpProtocol.Ip6Fragment => Outcome.Fragment,
            IpProtocol.Icmp6 => Outcome.IcmpNotSupported,
            0 or 43 or 51 or 60 or 135 or 139 or 140 => Outcome.ExtensionHeader,
            _ => Outcome.ProtocolNotSupported,
        };
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

    /// <summary>RFC 4291 sections 2.5.2, 2.5.3, 2.5.6 and 2.7: not ::, ::1, fe80::/10, ff00::/8.</summary>
    public static bool IsFromOneHost(byte* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        bool isSame = ip->SourceFirst == ip->DestinationFirst && ip->SourceSecond == ip->DestinationSecond;
        bool isUnspecifiedOrLoopback = ip->SourceFirst == 0 && ip->SourceSecond is 0 or LoopbackSecondWire;
        return !isSame && !isUnspecifiedOrLoopback && !IsLinkLocal(ip->SourceFirst) && (byte)ip->SourceFirst != MulticastByte;
    }

    /// <inheritdoc/>
    public static byte HopsLeft(byte* packet) => ((Ip6Header*)packet)->HopLimit;

    /// <summary>RFC 8200 section 4.5: by its source only.</summary>
    public static bool MayBeFragmented(byte* packet) => false;

    /// <summary>ip6-input does not look at it.</summary>
    public static bool IsLengthVerified => false;

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
    public static bool TryRewritePlainDestination(byte* packet, PodRecord* pod)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        uint change = InternetChecksum.Shorten(Complement(ip->DestinationFirst, ip->DestinationSecond) + pod->AddressSum);
        Vector128.Load(pod->Address).Store((byte*)&ip->DestinationFirst);

        ushort from = l4->DestinationPortWire;
        ushort to = pod->TargetPortWire != 0 ? pod->TargetPortWire : from;
        l4->DestinationPortWire = to;
        L4Checksum.UpdatePlain(l4, ip->NextHeader, change + (uint)InternetChecksum.Change16(from, to));
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFrom(byte* packet, PodRecord* pod)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        return ip->SourceSecond == pod->Address6Second && ip->SourceFirst == pod->Address6First;
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRewritePlainSource(byte* packet, Ip6Session* session, PodRecord* pod)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        ushort from = l4->SourcePortWire;
        ushort to = session->Tuple.DestinationPortWire;
        ulong vip = Words(session->Tuple.DestinationFirst, session->Tuple.DestinationSecond);
        uint change = InternetChecksum.Shorten(vip) + (ushort)~pod->AddressSum;
        Vector128.Load((byte*)&session->Tuple.DestinationFirst).Store((byte*)&ip->SourceFirst);
        l4->SourcePortWire = to;
        L4Checksum.UpdatePlain(l4, ip->NextHeader, change + (uint)InternetChecksum.Change16(from, to));
        return true;
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

    /// <summary>Sum of an address's four 32-bit words as they lie in memory; <see cref="PodRecord.AddressSum"/> is its folded form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Words(ulong first, ulong second) =>
        (first & uint.MaxValue) + (first >> 32) + (second & uint.MaxValue) + (second >> 32);

    private static void Set(Ip6Header* ip, ulong* address, ushort* portWire, Ip6Flow* to)
    {
        uint change = SetAddress(address, to->SourceFirst, to->SourceSecond);
        ushort from = *portWire;
        *portWire = to->SourcePortWire;
        L4Checksum.Update((L4Header*)L4((byte*)ip), ip->NextHeader, change + (uint)InternetChecksum.Change16(from, to->SourcePortWire));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Complement(ulong first, ulong second) => Words(~first, ~second);

    private static bool IsLinkLocal(ulong firstHalf) => ((ushort)firstHalf & LinkLocalMaskWire) == LinkLocalWire;
}
