namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Sizes of a data path in a test: small, so that tables fill and collide.</summary>
public sealed record DataPathOptions
{
    public int WorkerCount { get; init; } = 1;

    public uint BucketCount { get; init; } = 64;

    public uint ReturnBucketCount { get; init; } = 64;

    public uint PodSlotCount { get; init; } = 256;

    public uint ServiceCount { get; init; } = 64;

    public uint FirstSourcePort { get; init; } = 50_000;

    public uint SourcePortCount { get; init; } = 1000;

    public uint UdpTimeoutSeconds { get; init; } = 100;

    public uint OtherTimeoutSeconds { get; init; } = 80;

    public uint TcpOpeningTimeoutSeconds { get; init; } = 60;

    public uint TcpTimeoutSeconds { get; init; } = 1000;

    public ulong StartSeconds { get; init; } = 10_000;

    /// <summary>Where memory comes from that more than one worker touches: what all share, and the session tables. Null: from the heap.</summary>
    public SealableAllocator? SharedMemory { get; init; }

    /// <summary>Where each worker's other memory comes from.</summary>
    public SealableAllocator[] WorkerMemory { get; init; } = [];

    public int Seed { get; init; } = 1;
}
