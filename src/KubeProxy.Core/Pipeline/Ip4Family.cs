using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>IPv4 for the pipeline.</summary>
public readonly unsafe partial struct Ip4Family : IIpFamily<Ip4Flow, Ip4Session>
{
    private const byte FirstGroupByte = 224;
    private const byte LastGroupByte = 239;
    private const byte PlainVersionAndLength = 0x45;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParse(byte* packet, uint available, Ip4Flow* flow)
    {
        if (available < Ip4Header.MinimumBytes) return false;
        Ip4Header* ip = (Ip4Header*)packet;
        uint headerBytes = ip->LengthBytes;
        uint isTcp = ip->Protocol == IpProtocol.Tcp ? 1u : 0;
        uint wanted = headerBytes + L4Header.UdpBytes + (isTcp * (L4Header.TcpBytes - L4Header.UdpBytes));
        bool isPlain = (ip->FragmentWire & Ip4Header.FragmentMaskWire) == 0
            && wanted <= available && wanted <= LengthBytes(packet) && headerBytes >= Ip4Header.MinimumBytes;
        if (!isPlain || (isTcp == 0 && ip->Protocol != IpProtocol.Udp)) return false;

        flow->Addresses = *(ulong*)&ip->Source;
        uint flowClass = FlowClass.Udp + (isTcp * (FlowClass.Tcp - FlowClass.Udp));
        flow->PortsAndClass = Ip4Flow.Pack(*(uint*)(packet + headerBytes), flowClass);
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParsePlain(
        byte* packet, uint available, uint* stamps, FlowHash* key, Ip4Flow* wanted, out ulong hash, out uint lengthBytes)
    {
        const uint leastBytes = Ip4Header.MinimumBytes + L4Header.UdpBytes;
        const uint leastTcpBytes = Ip4Header.MinimumBytes + L4Header.TcpBytes;
        Ip4Header* ip = (Ip4Header*)packet;
        hash = 0;
        lengthBytes = 0;
        if (available < leastBytes || ip->VersionAndLength != PlainVersionAndLength) return false;
        lengthBytes = LengthBytes(packet);
        if ((ip->FragmentWire & Ip4Header.FragmentMaskWire) != 0 || lengthBytes < leastBytes || ip->TimeToLive <= 1) return false;
        uint flowClass = FlowClass.Udp;
        uint stamp = stamps[FlowClass.Udp];
        if (ip->Protocol != IpProtocol.Udp)
        {
            if (ip->Protocol != IpProtocol.Tcp || available < leastTcpBytes || lengthBytes < leastTcpBytes) return false;
            flowClass = FlowClass.Tcp;
            stamp = stamps[FlowClass.Tcp] | (packet[Ip4Header.MinimumBytes + L4Header.TcpFlagsOffset] & (uint)L4Header.TcpControl);
        }

        // Addresses and ports lie in one piece behind each other; the four bytes after them give way to the class.
        Vector128<uint> flow = Vector128.Load((uint*)&ip->Source);
        hash = FlowHash.Compute(key, flow.WithElement(3, flowClass).AsByte());
        flow.WithElement(3, stamp).Store((uint*)wanted);
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Outcome Explain(byte* packet, uint available)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        if (available < Ip4Header.MinimumBytes || ip->LengthBytes < Ip4Header.MinimumBytes) return Outcome.Truncated;
        if ((ip->FragmentWire & Ip4Header.FragmentMaskWire) != 0) return Outcome.Fragment;
        return ip->Protocol switch
        {
            IpProtocol.Tcp or IpProtocol.Udp => Outcome.Truncated,
            IpProtocol.Icmp => Outcome.IcmpNotSupported,
            _ => Outcome.ProtocolNotSupported,
        };
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* L4(byte* packet) => packet + ((Ip4Header*)packet)->LengthBytes;

    /// <summary>Not to multicast or broadcast: 224.0.0.0/3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayLeaveLink(byte* packet) => (byte)((Ip4Header*)packet)->Destination < FirstGroupByte;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LengthBytes(byte* packet) =>
        BinaryPrimitives.ReverseEndianness(((Ip4Header*)packet)->TotalLengthWire);

    /// <summary>
    /// RFC 1122 section 3.2.1.3: not 0/8, 127/8, 224/4, 255.255.255.255. 240/4 is somebody's by now. Nor may it go to 0.0.0.0, which is nobody's and
    /// stands for "none" in <see cref="PodRecord.FixedDestination"/>: no session ever has it.
    /// </summary>
    public static bool IsFromOneHost(byte* packet)
    {
        uint source = ((Ip4Header*)packet)->Source;
        uint destination = ((Ip4Header*)packet)->Destination;
        return (byte)source is not (0 or 127 or (>= FirstGroupByte and <= LastGroupByte))
            && source != uint.MaxValue && source != destination && destination != 0;
    }

    /// <inheritdoc/>
    public static byte HopsLeft(byte* packet) => ((Ip4Header*)packet)->TimeToLive;

    /// <inheritdoc/>
    public static bool MayBeFragmented(byte* packet) => (((Ip4Header*)packet)->FragmentWire & Ip4Header.DontFragmentWire) == 0;

    /// <summary>By ip4-input.</summary>
    public static bool IsLengthVerified => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RewriteDestination(byte* packet, PodRecord* pod)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        uint change = InternetChecksum.Shorten(InternetChecksum.Change32(ip->Destination, pod->Address4));
        ip->Destination = pod->Address4;
        ip->Checksum = InternetChecksum.UpdateShort(ip->Checksum, change);

        ushort from = l4->DestinationPortWire;
        ushort to = pod->TargetPortWire != 0 ? pod->TargetPortWire : from;
        l4->DestinationPortWire = to;
        L4Checksum.Update(l4, ip->Protocol, change + (uint)InternetChecksum.Change16(from, to));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRewritePlainDestination(byte* packet, PodRecord* pod)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        if (ip->Destination != pod->FixedDestination) return false;
        ip->Destination = pod->Address4;
        ip->Checksum = InternetChecksum.Add(ip->Checksum, pod->FixedHeaderChange);
        ((L4Header*)(packet + Ip4Header.MinimumBytes))->DestinationPortWire = pod->FixedPortWire;
        L4Checksum.Add(packet, pod->FixedChecksumOffset, pod->FixedChange);
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFrom(byte* packet, PodRecord* pod) => ((Ip4Header*)packet)->Source == pod->Address4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RewriteSource(byte* packet, Ip4Session* session)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        uint change = InternetChecksum.Shorten(InternetChecksum.Change32(ip->Source, session->Tuple.Destination));
        ip->Source = session->Tuple.Destination;
        ip->Checksum = InternetChecksum.UpdateShort(ip->Checksum, change);

        ushort from = l4->SourcePortWire;
        l4->SourcePortWire = session->Tuple.DestinationPortWire;
        L4Checksum.Update(l4, ip->Protocol, change + (uint)InternetChecksum.Change16(from, session->Tuple.DestinationPortWire));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRewritePlainSource(byte* packet, Ip4Session* session, PodRecord* pod)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        uint vip = session->Tuple.Destination;
        if (vip != pod->FixedDestination) return false;
        ip->Source = vip;
        ip->Checksum = InternetChecksum.Add(ip->Checksum, InternetChecksum.Inverse(pod->FixedHeaderChange));
        ((L4Header*)(packet + Ip4Header.MinimumBytes))->SourcePortWire = session->Tuple.DestinationPortWire;
        L4Checksum.Add(packet, pod->FixedChecksumOffset, InternetChecksum.Inverse(pod->FixedChange));
        return true;
    }

    /// <inheritdoc/>
    public static void SetSource(byte* packet, Ip4Flow* flow)
    {
        L4Header* l4 = (L4Header*)L4(packet);
        Set((Ip4Header*)packet, &((Ip4Header*)packet)->Source, &l4->SourcePortWire, flow);
    }

    /// <inheritdoc/>
    public static void SetDestinationToSource(byte* packet, Ip4Flow* flow)
    {
        L4Header* l4 = (L4Header*)L4(packet);
        Set((Ip4Header*)packet, &((Ip4Header*)packet)->Destination, &l4->DestinationPortWire, flow);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NodePortTable* NodePorts(DataPath* shared) => &shared->NodePorts4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SessionTable<Ip4Session, Ip4Flow>* Sessions(Worker* worker) => &worker->Sessions4;

    private static void Set(Ip4Header* ip, uint* address, ushort* portWire, Ip4Flow* to)
    {
        uint change = SetAddress(ip, address, to->Source);
        ushort from = *portWire;
        *portWire = to->SourcePortWire;
        L4Checksum.Update((L4Header*)L4((byte*)ip), ip->Protocol, change + (uint)InternetChecksum.Change16(from, to->SourcePortWire));
    }
}
