using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>What translation between the families needs of a batch's packets beside <see cref="PacketBatch"/>; indexed alike.</summary>
public unsafe struct TranslationBatch
{
    /// <summary>Input: 1 when the host fragments IPv4 packets (<see cref="Outcome.ToBeFragmented"/>).</summary>
    public byte MayFragment;

    /// <summary>1 for an answer over IPv4 that its routers might have fragmented: the host does, if it is too long for every IPv6 link.</summary>
    public fixed byte IsLong[PacketBatch.Capacity];

    /// <summary>Why a packet cannot go into the pipeline: an <see cref="Outcome"/>. <see cref="Outcome.Translated"/>: it can.</summary>
    public fixed byte Reason[PacketBatch.Capacity];

    private fixed byte _packets[PacketBatch.Capacity * TranslatablePacket.SizeBytes];

    /// <summary>Input: the packets in their memory.</summary>
    public static TranslatablePacket* Packets(TranslationBatch* batch) => (TranslatablePacket*)batch->_packets;

    /// <summary>Tells the pipeline where packet number <paramref name="i"/> is; nothing of it when it cannot go in.</summary>
    internal static void Load(TranslationBatch* batch, PacketBatch* to, uint i, Outcome reason)
    {
        TranslatablePacket* packet = Packets(batch) + i;
        batch->Reason[i] = (byte)reason;
        to->Packet[i] = (ulong)packet->Start;
        if (reason == Outcome.Translated) Grow(to, i, packet->AvailableBytes - to->Available[i]);
        to->Available[i] = reason == Outcome.Translated ? packet->AvailableBytes : 0;
    }

    /// <summary>A special packet's lengths are those of the header that it has now.</summary>
    private static void Grow(PacketBatch* batch, uint i, uint growthBytes)
    {
        batch->TotalBytes[i] += growthBytes;
        if (batch->PieceBytes[i] > 1) batch->PieceBytes[i] += growthBytes;
    }

    /// <summary>Packets that could not go into the pipeline get their reasons.</summary>
    internal static void Explain(TranslationBatch* batch, PacketBatch* to, uint count)
    {
        for (uint i = 0; i < count; i++)
            if (batch->Reason[i] != (byte)Outcome.Translated) to->Outcome[i] = batch->Reason[i];
    }
}
