using CsCheck;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>Clients stay with their pod while they come back in time and the pod serves.</summary>
public sealed unsafe class AffinityTableTests : IDisposable
{
    private const uint Service = 5;
    private const uint Timeout = 60;
    private const uint Pod = 3;
    private const ulong Client = 0x1234_5678_9ABC_DEF0;
    private readonly DataPathMemory _memory = new();
    private readonly AffinityTable _table;

    public AffinityTableTests()
    {
        _table = new AffinityTable { Slots = _memory.Allocate<ulong>(16 * AffinityTable.BucketLength), BucketMask = 15, Pods = _memory.Allocate<PodRecord>(64) };
        for (uint slot = 1; slot < 64; slot++)
        {
            _table.Pods[slot].ServiceIndex = Service;
            _table.Pods[slot].State = PodState.Active;
        }
    }

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void AClientIsKnownUntilItsTimeIsOver()
    {
        Assert.Equal(0u, Find(0));
        _table.Remember(Client, Pod, 1000);
        Assert.Equal(Pod, Find(1000));
        Assert.Equal(Pod, Find(1000 + Timeout));
        Assert.Equal(0u, Find(1000 + Timeout + 1));
        _table.Remember(Client, Pod, 1050);
        Assert.Equal(Pod, Find(1050 + Timeout));
    }

    [Fact]
    public void AClockThatLagsBehindTheStampSeesItAsNew()
    {
        _table.Remember(Client, Pod, 1000);
        Assert.Equal(Pod, Find(998));
    }

    [Fact]
    public void TheSecondsWrapWithoutMakingAnybodyOld()
    {
        const ulong Wrap = 1UL << 20;
        _table.Remember(Client, Pod, Wrap - 1);
        Assert.Equal(Pod, Find(Wrap + Timeout - 1));
        Assert.Equal(0u, Find(Wrap + Timeout));
    }

    [Theory]
    [InlineData(PodState.Free)]
    [InlineData(PodState.Removed)]
    [InlineData(PodState.Dead)]
    public void APodThatTakesNoNewFlowsIsNotNamed(uint state)
    {
        _table.Remember(Client, Pod, 1000);
        _table.Pods[Pod].State = state;
        Assert.Equal(0u, Find(1000));
    }

    [Fact]
    public void ASlotThatBelongsToAnotherServiceNowIsNotNamed()
    {
        _table.Remember(Client, Pod, 1000);
        _table.Pods[Pod].ServiceIndex = Service + 1;
        Assert.Equal(0u, Find(1000));
    }

    [Fact]
    public void AClientHasOneSlotAndTheLastPodCounts()
    {
        for (uint pod = 1; pod < 20; pod++) _table.Remember(Client, pod, 1000 + pod);
        Assert.Equal(19u, Find(1020));
        Assert.Equal(1UL, _table.Count(1020, Timeout));
    }

    [Fact]
    public void AFullBucketForgetsWhomItHasNotSeenForLongest()
    {
        for (uint i = 0; i < AffinityTable.BucketLength; i++) _table.Remember(Hash(i), i + 1, 1000 + i);
        _table.Remember(Hash(0), 1, 1020);
        _table.Remember(Hash(99), 9, 1021);
        Assert.Equal(0u, _table.Find(Hash(1), Service, 1021, Timeout));
        foreach (uint i in (uint[])[0, 2, 3, 4, 5, 6, 7]) Assert.Equal(i + 1, _table.Find(Hash(i), Service, 1021, Timeout));
        Assert.Equal(9u, _table.Find(Hash(99), Service, 1021, Timeout));
        _table.Clear();
        Assert.Equal(0UL, _table.Count(1021, Timeout));
    }

    [Fact]
    public void NobodyIsEverGivenAPodThatHeWasNotGiven()
    {
        // Few clients per bucket, so that nothing is forgotten: the table is a dictionary with a clock.
        Gen.Select(Gen.UInt[0, 60], Gen.UInt[1, 63], Gen.ULong[0, 30]).Array[1, 200].Sample(
            steps =>
            {
                _table.Clear();
                var model = new Dictionary<uint, (uint Pod, ulong At)>();
                ulong now = 500;
                foreach ((uint client, uint pod, ulong pause) in steps)
                {
                    now += pause;
                    ulong hash = ((ulong)(client + 1) << 40) | (client % 16);
                    uint expected = model.TryGetValue(client, out (uint Pod, ulong At) seen) && now - seen.At <= Timeout ? seen.Pod : 0;
                    Assert.Equal(expected, _table.Find(hash, Service, now, Timeout));
                    _table.Remember(hash, pod, now);
                    model[client] = (pod, now);
                }
            },
            iter: 2000,
            threads: 1);
    }

    [Fact]
    public void TwoWorkersThatRememberAtOnceLeaveWholeSlots()
    {
        Parallel.For(0, 2, worker =>
        {
            for (uint i = 0; i < 200_000; i++)
            {
                uint client = i % 64;
                _table.Remember(Hash(client), client % 63 + 1, 1000);
                uint found = _table.Find(Hash(client), Service, 1000, Timeout);
                if (found != 0 && found != client % 63 + 1) Assert.Fail($"client {client} was given pod {found}");
            }
        });
    }

    private uint Find(ulong now) => _table.Find(Client, Service, now, Timeout);

    /// <summary>Clients of one bucket.</summary>
    private static ulong Hash(uint number) => ((ulong)(number + 1) << 40) | 7;
}
