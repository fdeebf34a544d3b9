namespace KubeProxy.Fuzz.Packets;

/// <summary>One packet on its way into the data path.</summary>
internal sealed record Step(byte[] Packet, uint VipSlot, bool IsForward, RecordFlags Flags)
{
    public int Worker => Flags.HasFlag(RecordFlags.SecondWorker) ? 1 : 0;

    public bool IsAtStart => Flags.HasFlag(RecordFlags.AtStart);

    public bool IsChained => Flags.HasFlag(RecordFlags.Chained);

    public bool IsSegmented => Flags.HasFlag(RecordFlags.Segmented);

    /// <summary>Bytes in front of the packet that may be written.</summary>
    public int HeadroomBytes => IsAtStart ? 0 : 64;

    /// <summary>True for the answer that the model has made to a packet that was remembered a moment ago: it must be translated.</summary>
    public byte[]? AnswersTo { get; init; }

    /// <summary>True when two packets can be in one batch.</summary>
    public bool GoesWith(Step other) => IsForward == other.IsForward && Worker == other.Worker && Flags.HasFlag(RecordFlags.WithNext);
}
