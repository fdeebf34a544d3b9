using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Translation;

/// <summary>
/// Client over IPv6 → VIP → pod over IPv4. The plain path of IPv6 does everything, for the pod's record and the masquerade's address
/// hold IPv4-mapped addresses; the header becomes IPv4's last:
/// <code>
///   [ client → vip ] ─▶ ForwardPath ─▶ [ ::ffff:masquerade → ::ffff:pod ] ─▶ [ masquerade → pod ]
/// </code>
/// </summary>
public static unsafe class Nat64Path
{
    /// <summary>Takes the first <paramref name="count"/> packets of the batch to their pods; their headers are still IPv6's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(Worker* worker, PacketBatch* batch, TranslationBatch* translation, uint count)
    {
        Prefix64 prefix = worker->Shared->Translation.Prefix;
        TranslatablePacket* packets = TranslationBatch.Packets(translation);
        for (uint i = 0; i < count; i++)
        {
            bool isHeader = batch->Available[i] >= Ip6Header.SizeBytes;
            TranslationBatch.Load(translation, batch, i, isHeader ? Prepare(packets + i, &prefix) : Outcome.Truncated);
        }

        ForwardPath<Ip6Family, Ip6Session, Ip6Flow>.Run(worker, batch, count);
        TranslationBatch.Explain(translation, batch, count);
    }

    /// <summary>
    /// Number of an IPv4 packet that may be fragmented on its way (RFC 7915 section 5.1). The workers' numbers differ until one of them has
    /// given its part of all.
    /// </summary>
    public static ushort NextIdentification(Worker* worker) =>
        (ushort)((worker->Identified++ * worker->Shared->WorkerCount) + worker->Context.WorkerIndex);

    /// <summary>
    /// Takes out the headers that IPv4 does not have. What claims to come from an address that stands for an IPv4 host comes back from a
    /// translator (RFC 6146 section 3.5), and of ICMPv6 only what has a counterpart is let in.
    /// </summary>
    private static Outcome Prepare(TranslatablePacket* packet, Prefix64* prefix)
    {
        Outcome outcome = Ip6HeaderChain.Strip(packet);
        if (outcome != Outcome.Translated) return outcome;
        Ip6Header* ip = (Ip6Header*)packet->Start;
        bool isLoop = Prefix64.IsMapped(ip->SourceFirst, ip->SourceSecond) || Prefix64.Holds(prefix, (byte*)&ip->SourceFirst);
        if (isLoop || Protocol(ip) == IpProtocol.Icmp) return Outcome.NotTranslatable;
        IcmpMessage message;
        if (!Ip6Family.TryReadIcmp(packet->Start, packet->AvailableBytes, &message) || !Ip6Family.IsError(message.Type)) return Outcome.Translated;
        uint rest = BinaryPrimitives.ReverseEndianness(((uint*)message.Start)[1]);
        if (packet->IsChained) return Outcome.IcmpQuote;
        return IcmpMap.ToIp4(message.Type, message.Start[1], rest).IsSome ? Outcome.Translated : Outcome.IcmpNotSupported;
    }

    /// <summary>What lies behind the headers that are left: the IPv6 header, and perhaps a whole fragment header.</summary>
    private static byte Protocol(Ip6Header* ip) => ip->NextHeader == IpProtocol.Ip6Fragment ? ((Ip6FragmentHeader*)(ip + 1))->NextHeader : ip->NextHeader;
}
