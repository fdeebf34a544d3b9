using System.Runtime.CompilerServices;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What a worker does once per frame beside its packets: it moves its clock and sweeps some buckets, so that every
/// entry is visited within <see cref="SweepSeconds"/> and no age grows past what a tick can tell (invariant SES-4).
/// </summary>
public static unsafe class Housekeeping
{
    /// <summary>A whole table is swept in this time.</summary>
    public const uint SweepSeconds = 60;

    /// <summary>Most buckets swept in one frame.</summary>
    public const uint BucketsPerFrame = 256;

    /// <summary>Call before a frame, with the host's time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeforeFrame(Worker* worker, ulong nowSeconds)
    {
        if (nowSeconds != worker->SweptSeconds || worker->SweepDebt != 0) Continue(worker, nowSeconds);
    }

    /// <summary>Forgets every session that is over, now.</summary>
    public static void SweepAll(Worker* worker)
    {
        worker->Sessions4.Sweep(worker->Sessions4.BucketCount);
        worker->Sessions6.Sweep(worker->Sessions6.BucketCount);
        worker->SweepDebt = 0;
    }

    /// <summary>Moves the clock; after a pause longer than a round of the sweep the whole table is swept at once.</summary>
    public static void AdvanceClock(Worker* worker, ulong nowSeconds)
    {
        ulong last = worker->Context.Clock.NowSeconds;
        if (nowSeconds <= last) return;
        ulong pause = nowSeconds - last;
        if (pause > SweepSeconds)
        {
            worker->Sessions4.SweepAfterPause(pause);
            worker->Sessions6.SweepAfterPause(pause);
        }

        worker->Context.Clock.Advance(nowSeconds);
        worker->SweptSeconds = nowSeconds;
        ulong owed = worker->SweepDebt + (Math.Min(pause, SweepSeconds) * PerSecond(worker->Sessions4.BucketCount));
        worker->SweepDebt = (uint)Math.Min(owed, worker->Sessions4.BucketCount);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Continue(Worker* worker, ulong nowSeconds)
    {
        AdvanceClock(worker, nowSeconds);
        uint buckets = Math.Min(worker->SweepDebt, BucketsPerFrame);
        worker->Sessions4.Sweep(buckets);
        worker->Sessions6.Sweep(buckets);
        worker->SweepDebt -= buckets;
    }

    private static uint PerSecond(uint bucketCount) => (bucketCount / SweepSeconds) + 1;
}
