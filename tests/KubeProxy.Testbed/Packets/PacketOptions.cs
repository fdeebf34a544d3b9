namespace KubeProxy.Testbed.Packets;

/// <summary>What a crafted packet has besides its flow.</summary>
public sealed record PacketOptions
{
    public static readonly PacketOptions Plain = new();

    /// <summary>Carried in the first eight bytes of the payload, so that a packet is recognised whatever was rewritten.</summary>
    public int Id { get; init; }

    public int PayloadLengthBytes { get; init; } = 16;

    public byte TimeToLive { get; init; } = 64;

    public bool ZeroUdpChecksum { get; init; }

    /// <summary>TCP SYN; ACK then needs <see cref="Ack"/>.</summary>
    public bool Syn { get; init; }

    /// <summary>TCP ACK beside SYN; every other segment has it.</summary>
    public bool Ack { get; init; }

    /// <summary>TCP FIN.</summary>
    public bool Fin { get; init; }

    /// <summary>TCP RST.</summary>
    public bool Rst { get; init; }
}
