using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// Refuses packets whose last byte lies before forbidden memory, with headroom in front of them and poison in front of that.
/// </summary>
public sealed unsafe class RejectScene(IpFamily family) : IDisposable
{
    public const uint DefaultHeadroomBytes = 64;

    private readonly PacketArena _arena = new();

    /// <summary>Bytes that an answer may use in front of the packet.</summary>
    public uint HeadroomBytes { get; init; } = DefaultHeadroomBytes;

    /// <summary>True: the packet goes on behind what is given.</summary>
    public bool IsChained { get; init; }

    /// <summary>True: the device vouches for the transport checksum.</summary>
    public bool IsChecksumSettled { get; init; }

    /// <summary>True: sent to everybody on the link.</summary>
    public bool IsLinkBroadcast { get; init; }

    /// <summary>Time of every packet.</summary>
    public double NowSeconds { get; set; } = 1000;

    /// <summary>The worker's limit.</summary>
    public RejectLimit Limit { get; set; } = RejectLimit.Create(RejectLimit.DefaultPerSecond, RejectLimit.DefaultBurst);

    /// <summary>What a packet becomes; without an answer its bytes must be as they were.</summary>
    public Refusal Refuse(byte[] packet)
    {
        byte[] room = [.. Enumerable.Repeat((byte)0x5A, (int)HeadroomBytes), .. packet];
        byte* start = _arena.Put(0, room);
        RejectPacket input = new()
        {
            Start = start + HeadroomBytes,
            AvailableBytes = (uint)packet.Length,
            HeadroomBytes = HeadroomBytes,
            IsChained = IsChained,
            IsChecksumSettled = IsChecksumSettled,
            IsLinkBroadcast = IsLinkBroadcast,
        };
        RejectLimit limit = Limit;
        RejectAnswer answer = family == IpFamily.Ip4
            ? Reject<Ip4Reject>.Answer(&input, &limit, NowSeconds)
            : Reject<Ip6Reject>.Answer(&input, &limit, NowSeconds);
        Limit = limit;
        byte[] after = _arena.Take(0);
        if (!answer.IsAnswered && !after.AsSpan().SequenceEqual(room)) throw new InvalidOperationException("a packet without an answer was changed");
        return new Refusal(answer.Rejection, after.AsSpan((int)HeadroomBytes + answer.OffsetBytes, (int)answer.LengthBytes).ToArray());
    }

    public void Dispose() => _arena.Dispose();
}

/// <summary>What became of a packet, and the answer's bytes if there is one.</summary>
public sealed record Refusal(Rejection Rejection, byte[] Bytes);
