using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>IPv4 for the pipeline.</summary>
public readonly unsafe struct Ip4Family : IIpFamily<Ip4Flow, Ip4Session>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Parse(byte* packet, uint available, Ip4Flow* flow)
    {
        if (available < Ip4Header.MinimumBytes) return Outcome.Truncated;
        Ip4Header* ip = (Ip4Header*)packet;
        uint headerBytes = ip->LengthBytes;
        uint length = Math.Min(available, LengthBytes(packet));
        bool isTcp = ip->Protocol == IpProtocol.Tcp;
        uint wanted = headerBytes + (isTcp ? L4Header.TcpBytes : L4Header.UdpBytes);
        bool isPlain = (ip->FragmentWire & Ip4Header.FragmentMaskWire) == 0 && wanted <= length
            && headerBytes >= Ip4Header.MinimumBytes;
        if (!isPlain || (!isTcp && ip->Protocol != IpProtocol.Udp)) return Refuse(ip);

        flow->Addresses = *(ulong*)&ip->Source;
        flow->PortsAndClass = Ip4Flow.Pack(*(uint*)(packet + headerBytes), isTcp ? FlowClass.Tcp : FlowClass.Udp);
        return Outcome.Translated;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* L4(byte* packet) => packet + ((Ip4Header*)packet)->LengthBytes;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LengthBytes(byte* packet) =>
        BinaryPrimitives.ReverseEndianness(((Ip4Header*)packet)->TotalLengthWire);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RewriteDestination(byte* packet, Ip4Flow* flow, PodRecord* pod)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        uint change = InternetChecksum.Shorten(InternetChecksum.Change32(flow->Destination, pod->Address4));
        ip->Destination = pod->Address4;
        ip->Checksum = InternetChecksum.UpdateShort(ip->Checksum, change);

        ushort port = pod->TargetPortWire != 0 ? pod->TargetPortWire : flow->DestinationPortWire;
        change += (uint)InternetChecksum.Change16(flow->DestinationPortWire, port);
        l4->DestinationPortWire = port;
        L4Checksum.Update(l4, flow->Class, change);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RewriteSource(byte* packet, Ip4Flow* back, Ip4Session* session)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        L4Header* l4 = (L4Header*)L4(packet);
        uint change = InternetChecksum.Shorten(InternetChecksum.Change32(back->Source, session->Tuple.Destination));
        ip->Source = session->Tuple.Destination;
        ip->Checksum = InternetChecksum.UpdateShort(ip->Checksum, change);

        change += (uint)InternetChecksum.Change16(back->SourcePortWire, session->Tuple.DestinationPortWire);
        l4->SourcePortWire = session->Tuple.DestinationPortWire;
        L4Checksum.Update(l4, back->Class, change);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SessionTable<Ip4Session, Ip4Flow>* Sessions(Worker* worker) => &worker->Sessions4;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Refuse(Ip4Header* ip)
    {
        if (ip->LengthBytes < Ip4Header.MinimumBytes) return Outcome.Truncated;
        if ((ip->FragmentWire & Ip4Header.FragmentMaskWire) != 0) return Outcome.Fragment;
        return ip->Protocol switch
        {
            IpProtocol.Tcp or IpProtocol.Udp => Outcome.Truncated,
            IpProtocol.Icmp => Outcome.IcmpNotSupported,
            _ => Outcome.ProtocolNotSupported,
        };
    }
}
