using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Translation;

/// <summary>
/// Client over IPv4 → VIP → pod over IPv6. The header becomes IPv6's first; all that follows is the plain path of IPv6:
/// <code>
///   [ client → vip ] ─▶ [ prefix::client → ::ffff:vip ] ─▶ ForwardPath ─▶ [ prefix::client → pod ]
/// </code>
/// The pod's answer finds its session in IPv6's return index and leaves as <c>[ ::ffff:vip → prefix::client ]</c>, of which
/// <see cref="Ip6ToIp4"/> makes <c>[ vip → client ]</c>; so it does of what the host answers itself.
/// </summary>
public static unsafe class Nat46Path
{
    private const byte ReservedFirstByte = 240;
    private const ushort DontFragmentWire = 0x0040;

    /// <summary>Takes the first <paramref name="count"/> packets of the batch to their pods.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(Worker* worker, PacketBatch* batch, TranslationBatch* translation, uint count)
    {
        Prefix64 prefix = worker->Shared->Translation.Prefix;
        bool rejectsNoChecksum = worker->Shared->Translation.RejectsNoUdpChecksum != 0;
        TranslatablePacket* packets = TranslationBatch.Packets(translation);
        for (uint i = 0; i < count; i++)
        {
            Outcome outcome = batch->Available[i] < Ip4Header.MinimumBytes ? Outcome.Truncated : Check(packets + i, rejectsNoChecksum, translation->MayFragment != 0);
            if (outcome == Outcome.Translated) outcome = Ip4ToIp6.TranslateChecked(packets + i, &prefix);
            TranslationBatch.Load(translation, batch, i, outcome);
        }

        ForwardPath<Ip6Family, Ip6Session, Ip6Flow>.Run(worker, batch, count);
        TranslationBatch.Explain(translation, batch, count);
    }

    /// <summary>True for a packet that has left the return path and is to leave over IPv4: its source is an IPv4-mapped address.</summary>
    public static bool IsAnswer(byte* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        return Prefix64.IsMapped(ip->SourceFirst, ip->SourceSecond);
    }

    /// <summary>
    /// True for a client's packet whose header is IPv6's by now and whose client is in 240/4: it is served where networks use such addresses, and this host
    /// does not speak to it (RFC 1112 section 4).
    /// </summary>
    public static bool IsFromReserved(Prefix64* prefix, byte* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        return Prefix64.IsMapped(ip->DestinationFirst, ip->DestinationSecond)
            && Prefix64.TryExtract(prefix, (byte*)&ip->SourceFirst, out uint client) && (byte)client >= ReservedFirstByte;
    }

    /// <summary>
    /// A packet that every IPv6 link takes goes as it is, and a longer one too when it may not be fragmented: then the way to its pod decides. One that is
    /// segmented by a device later has no length yet. What is no single host's over IPv4 would be over IPv6, and what is refused is so in one piece.
    /// </summary>
    private static Outcome Check(TranslatablePacket* packet, bool rejectsNoChecksum, bool mayFragment)
    {
        Ip4Header* ip = (Ip4Header*)packet->Start;
        if (!Ip4Family.IsFromOneHost(packet->Start)) return Outcome.BadSource;
        Outcome outcome = Ip4ToIp6.Check(packet);
        if (outcome != Outcome.Translated) return outcome;
        if (rejectsNoChecksum && Ip4ToIp6.HasNoUdpChecksum(packet)) return Outcome.NoUdpChecksum;
        bool isFragment = (ip->FragmentWire & Ip4Header.FragmentMaskWire) != 0;
        uint bytes = BinaryPrimitives.ReverseEndianness(ip->TotalLengthWire) - ip->LengthBytes + Ip6Header.SizeBytes
            + (isFragment ? (uint)Ip6FragmentHeader.SizeBytes : 0);
        bool mayBeFragmented = (ip->FragmentWire & DontFragmentWire) == 0 && mayFragment;
        return (int)bytes > IcmpMap.LeastMtu6 && !packet->IsSegmented && mayBeFragmented ? Outcome.ToBeFragmented : Outcome.Translated;
    }
}
