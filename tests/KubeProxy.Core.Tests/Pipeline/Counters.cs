using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>A data path's counters at one moment, summed over its workers.</summary>
public sealed unsafe class Counters
{
    private readonly ulong[] _existing;
    private readonly ulong[] _first;
    private readonly ulong[] _untracked;
    private readonly ulong[] _noPod;
    private readonly ulong[] _failedOver;
    private readonly ulong[] _podPackets;
    private readonly ulong[] _podBytes;

    private Counters(DataPathFixture path)
    {
        uint services = path.Options.ServiceCount;
        _existing = new ulong[services];
        _first = new ulong[services];
        _untracked = new ulong[services];
        _noPod = new ulong[services];
        _failedOver = new ulong[services];
        _podPackets = new ulong[path.Options.PodSlotCount];
        _podBytes = new ulong[path.Options.PodSlotCount];
        for (int i = 0; i < path.Options.WorkerCount; i++) Add(path.Worker(i));
    }

    public ulong TranslatedTotal => Sum(_existing) + Sum(_first) + Sum(_untracked);

    public ulong NoPodTotal => Sum(_noPod);

    public ulong PodPacketsTotal => Sum(_podPackets);

    public static Counters Of(DataPathFixture path) => new(path);

    public ulong Existing(uint service) => _existing[service];

    public ulong First(uint service) => _first[service];

    public ulong Untracked(uint service) => _untracked[service];

    public ulong NoPod(uint service) => _noPod[service];

    public ulong FailedOver(uint service) => _failedOver[service];

    public ulong PodPackets(uint podSlot) => _podPackets[podSlot];

    public ulong PodBytes(uint podSlot) => _podBytes[podSlot];

    /// <summary>All of them in one row, to be compared.</summary>
    public ulong[] All() => [.. _existing, .. _first, .. _untracked, .. _noPod, .. _failedOver, .. _podPackets, .. _podBytes];

    private void Add(Worker* worker)
    {
        for (int i = 0; i < _first.Length; i++)
        {
            _existing[i] += worker->ExistingSession[i];
            _first[i] += worker->FirstSession[i];
            _untracked[i] += worker->Untracked[i];
            _noPod[i] += worker->NoPod[i];
            _failedOver[i] += worker->FailedOver[i];
        }

        for (int i = 0; i < _podPackets.Length; i++)
        {
            _podPackets[i] += worker->Pod[i].Packets;
            _podBytes[i] += worker->Pod[i].Bytes;
        }
    }

    private static ulong Sum(ulong[] counters) => counters.Aggregate(0UL, (sum, counter) => sum + counter);
}
