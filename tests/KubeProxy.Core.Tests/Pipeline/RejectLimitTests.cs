using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Answers are limited by a token bucket (RFC 4443 section 2.4 (f)).</summary>
public sealed unsafe class RejectLimitTests
{
    [Fact]
    public void ABurstPassesAndThenTheRate()
    {
        RejectLimit limit = RejectLimit.Create(perSecond: 10, burst: 50);
        Assert.Equal(50, TakenOf(ref limit, 100, now: 5));
        Assert.Equal(0, TakenOf(ref limit, 100, now: 5.09));
        Assert.Equal(1, TakenOf(ref limit, 100, now: 5.11));
        Assert.Equal(10, TakenOf(ref limit, 100, now: 6.11));
        Assert.Equal(50, TakenOf(ref limit, 100, now: 1000));
        Assert.Equal(111ul, limit.Taken);
    }

    [Fact]
    public void InNoTimeMoreLeaveThanBurstAndRateAllow() =>
        Gen.Select(Gen.Double[0, 0.01].Array[1, 400], Gen.Int[1, 500], Gen.Int[1, 100]).Sample((steps, rate, burst) =>
        {
            RejectLimit limit = RejectLimit.Create(rate, burst);
            double now = 0;
            int taken = 0;
            foreach (double step in steps)
            {
                now += step;
                taken += TakenOf(ref limit, 3, now);
                Assert.True(taken <= burst + (rate * now) + 1e-6, $"{taken} answers in {now} seconds");
            }

            // Nothing is withheld either: what was not asked for or gained is still there.
            Assert.True(limit.Tokens <= burst);
        });

    [Fact]
    public void AClockThatGoesBackNeitherGivesNorTakes()
    {
        RejectLimit limit = RejectLimit.Create(perSecond: 10, burst: 5);
        Assert.Equal(5, TakenOf(ref limit, 9, now: 100));
        Assert.Equal(0, TakenOf(ref limit, 9, now: 50));
        Assert.Equal(1, TakenOf(ref limit, 9, now: 50.15));
    }

    [Fact]
    public void ALimitOfZeroAnswersNothing()
    {
        RejectLimit limit = RejectLimit.Create(perSecond: 0, burst: 0);
        Assert.Equal(0, TakenOf(ref limit, 100, now: 1));
        Assert.Equal(0, TakenOf(ref limit, 100, now: 1e9));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void PacketsOverTheLimitAreDroppedUntouched(IpFamily family, byte protocol)
    {
        using var scene = new RejectScene(family) { Limit = RejectLimit.Create(perSecond: 1, burst: 3) };
        byte[] packet = new PacketSpec(Site.Client(family), Site.Vip(family, 1, 79), protocol).Build();
        Rejection answered = protocol == IpProtocol.Tcp ? Rejection.Reset : Rejection.PortUnreachable;
        for (int i = 0; i < 3; i++) Assert.Equal(answered, scene.Refuse(packet).Rejection);
        for (int i = 0; i < 3; i++) Assert.Equal(Rejection.OverLimit, scene.Refuse(packet).Rejection);
        scene.NowSeconds += 1;
        Assert.Equal(answered, scene.Refuse(packet).Rejection);
        Assert.Equal(Rejection.OverLimit, scene.Refuse(packet).Rejection);
    }

    private static int TakenOf(ref RejectLimit limit, int attempts, double now)
    {
        fixed (RejectLimit* it = &limit)
        {
            int taken = 0;
            for (int i = 0; i < attempts; i++)
                if (RejectLimit.TryTake(it, now)) taken++;
            return taken;
        }
    }
}
