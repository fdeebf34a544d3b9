using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>What translation between the families needs of a batch's packets beside <see cref="PacketBatch"/>; indexed alike.</summary>
public unsafe struct TranslationBatch
{
    /// <summary>Input: 1 when the host fragments IPv4 packets (<see cref="Outcome.ToBeFragmented"/>).</summary>
    public byte MayFragment;

    /// <summary>1 for a packet that may be too big for its pod's link: longer than every IPv6 link takes, and not to be fragmented.</summary>
    public fixed byte IsLong[PacketBatch.Capacity];

    /// <summary>Why a packet cannot go into the pipeline: an <see cref="Outcome"/>. <see cref="Outcome.Translated"/>: it can.</summary>
    public fixed byte Reason[PacketBatch.Capacity];

    /// <summary>Most bytes of a packet of the VIP's family that its pod's link takes, for those of <see cref="Outcome.TooBig"/>.</summary>
    public fixed uint Mtu[PacketBatch.Capacity];

    private fixed byte _packets[PacketBatch.Capacity * TranslatablePacket.SizeBytes];

    /// <summary>Input: the packets in their memory.</summary>
    public static TranslatablePacket* Packets(TranslationBatch* batch) => (TranslatablePacket*)batch->_packets;

    /// <summary>Tells the pipeline where packet number <paramref name="i"/> is; nothing of it when it cannot go in.</summary>
    internal static void Load(TranslationBatch* batch, PacketBatch* to, uint i, Outcome reason)
    {
        TranslatablePacket* packet = Packets(batch) + i;
        batch->Reason[i] = (byte)reason;
        to->Packet[i] = (ulong)packet->Start;
        to->Available[i] = reason == Outcome.Translated ? packet->AvailableBytes : 0;
    }

    /// <summary>Packets that could not go into the pipeline get their reasons.</summary>
    internal static void Explain(TranslationBatch* batch, PacketBatch* to, uint count)
    {
        for (uint i = 0; i < count; i++)
            if (batch->Reason[i] != (byte)Outcome.Translated) to->Outcome[i] = batch->Reason[i];
    }
}
