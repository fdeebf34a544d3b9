using System.Runtime.CompilerServices;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What a worker does once per frame beside its packets: it moves its clock and sweeps some buckets, so that no
/// session's age grows past what a tick can tell (invariant SES-4).
/// <code>
///   seconds since an entry was visited:   one round 60  +  debt 30  +  pause 60  =  150
///   ticks of an entry's age, at most:     timeout 250   +  150                   =  400  &lt;  SessionClock.AheadFrom
/// </code>
/// A worker without packets does this too: the host calls it at least once a minute.
/// </summary>
public static unsafe class Housekeeping
{
    /// <summary>A whole table is swept in this time.</summary>
    public const uint SweepSeconds = 60;

    /// <summary>Most buckets swept in one frame, unless the sweep is half a table behind.</summary>
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
        uint buckets = Math.Max(worker->Sessions4.BucketCount, worker->Sessions6.BucketCount);
        if (pause > SweepSeconds)
        {
            worker->Sessions4.SweepAfterPause(pause);
            worker->Sessions6.SweepAfterPause(pause);
            worker->SweepDebt = 0;
        }
        else
        {
            worker->SweepDebt += (uint)pause * ((buckets / SweepSeconds) + 1);
        }

        worker->Context.Clock.Advance(nowSeconds);
        worker->SweptSeconds = nowSeconds;
        if (worker->SweepDebt > buckets / 2) Repay(worker, worker->SweepDebt - (buckets / 2));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Continue(Worker* worker, ulong nowSeconds)
    {
        AdvanceClock(worker, nowSeconds);
        Repay(worker, Math.Min(worker->SweepDebt, BucketsPerFrame));
    }

    private static void Repay(Worker* worker, uint buckets)
    {
        worker->Sessions4.Sweep(Math.Min(buckets, worker->Sessions4.BucketCount));
        worker->Sessions6.Sweep(Math.Min(buckets, worker->Sessions6.BucketCount));
        worker->SweepDebt -= buckets;
    }
}
