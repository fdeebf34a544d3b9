using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>Time of sessions, against seconds counted without wrap.</summary>
public sealed class SessionClockTests
{
    private static readonly Gen<uint> Timeouts = Gen.OneOf(
        Gen.UInt[1, 1_000_000], Gen.UInt[1, 2000], Gen.OneOf(1u, 2u, 249u, 250u, 251u, 499u, 500u, 501u, 999_999u, 1_000_000u));

    [Fact]
    public void NothingExpiresEarlyAndNothingLaterThanOneTickAfterItsTimeout()
    {
        Gen.Select(Timeouts, Gen.ULong[0, 100_000_000], Gen.Double[0, 1.3]).Sample(
            (timeout, start, share) =>
            {
                SessionClock clock = ClockAt(start, timeout);
                uint value = SessionValue.Pack(7, SessionKind.Udp, clock.Now(SessionKind.Udp));
                var elapsed = (ulong)(timeout * share);
                clock.Advance(start + elapsed);
                if (elapsed <= timeout) Assert.False(clock.IsExpired(value), $"early: {elapsed} of {timeout} s");
                ulong latest = clock.TimeoutSeconds(SessionKind.Udp) + TickSeconds(timeout);
                if (elapsed >= latest) Assert.True(clock.IsExpired(value), $"late: {elapsed} of {timeout} s");
            },
            iter: 50_000);
    }

    [Fact]
    public void AFreshStampIsTheClassesSteadyKindAtTheTickOfNow()
    {
        SessionClock clock = default;
        (uint Class, uint Kind, uint Timeout)[] classes =
            [(FlowClass.Udp, SessionKind.Udp, 30), (FlowClass.Sctp, SessionKind.Sctp, 900), (FlowClass.Tcp, SessionKind.TcpEstablished, 432_000)];
        foreach ((_, uint kind, uint timeout) in classes) clock.SetTimeout(kind, timeout);
        clock.SetTimeout(SessionKind.TcpOpening, 60);
        clock.SetTimeout(SessionKind.TcpClosing, 70);
        for (ulong now = 0; now < 3_000_000; now += 4321)
        {
            clock.Advance(now);
            foreach ((uint flowClass, uint kind, _) in classes)
                Assert.Equal(SessionValue.Pack(0, kind, clock.Now(kind)), clock.FreshStamp(flowClass));
        }
    }

    [Fact]
    public void AConnectionThatOneSideHasClosedTimesOutLikeAnEstablishedOne()
    {
        SessionClock clock = default;
        clock.SetTimeout(SessionKind.TcpEstablished, 7440);
        clock.SetTimeout(SessionKind.TcpClosing, 240);
        clock.SetTimeout(SessionKind.TcpClientClosed, 1);
        clock.SetTimeout(SessionKind.TcpPodClosed, 1);
        uint established = clock.TimeoutSeconds(SessionKind.TcpEstablished);
        Assert.Equal(established, clock.TimeoutSeconds(SessionKind.TcpClientClosed));
        Assert.Equal(established, clock.TimeoutSeconds(SessionKind.TcpPodClosed));
        Assert.Equal(240u, clock.TimeoutSeconds(SessionKind.TcpClosing));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(250)]
    [InlineData(251)]
    [InlineData(86_400)]
    [InlineData(1_000_000)]
    public void TheTimeoutIsRoundedUpByLessThanATick(uint timeout)
    {
        uint rounded = ClockAt(0, timeout).TimeoutSeconds(SessionKind.Udp);
        Assert.InRange(rounded, timeout, timeout + TickSeconds(timeout) - 1);
    }

    [Fact]
    [Trait("Check", "LIF-06")]
    [Trait("Defect", "A-12")]
    public void EverySecondOfTwoWrapsOfTheTickIsJudgedRight()
    {
        SessionClock clock = ClockAt(0, 250);
        for (ulong stamped = 0; stamped < 2 * SessionValue.TickPeriod; stamped++)
        {
            clock.Advance(stamped);
            uint value = SessionValue.Pack(7, SessionKind.Udp, clock.Now(SessionKind.Udp));
            SessionClock later = clock;
            for (ulong age = 0; age < SessionClock.AheadFrom; age++)
            {
                later.Advance(stamped + age);
                if (later.IsExpired(value) != age > 250 || later.AgeSeconds(value) != age) Assert.Fail($"stamped {stamped}, age {age}");
            }
        }
    }

    [Fact]
    public void AStampOfAWorkerWhoseClockIsAheadIsFresh()
    {
        Gen.Select(Timeouts, Gen.ULong[0, 100_000], Gen.UInt[1, SessionClock.AheadTicks]).Sample(
            (timeout, start, ticks) =>
            {
                SessionClock behind = ClockAt(start, timeout);
                SessionClock ahead = behind;
                ahead.Advance(start + (ticks * (ulong)TickSeconds(timeout)));
                uint value = SessionValue.Pack(7, SessionKind.Udp, ahead.Now(SessionKind.Udp));
                Assert.False(behind.IsExpired(value));
                Assert.Equal(0u, behind.AgeSeconds(value));
            });
    }

    [Fact]
    [Trait("Check", "LIF-06")]
    public void APauseOfAnyLengthIsAddedToTheAge()
    {
        Gen.Select(Timeouts, Gen.ULong[0, 100_000], Gen.Double[0, 1.5], Gen.Double[0, 5]).Sample(
            (timeout, start, ageShare, pauseShare) =>
            {
                SessionClock clock = ClockAt(start, timeout);
                uint value = SessionValue.Pack(7, SessionKind.Udp, clock.Now(SessionKind.Udp));
                ulong age = (ulong)(timeout * ageShare);
                ulong pause = (ulong)(timeout * pauseShare);
                clock.Advance(start + age);
                ulong tick = TickSeconds(timeout);
                bool isOver = ((start + age + pause) / tick) - (start / tick) > clock.TimeoutSeconds(SessionKind.Udp) / tick;
                Assert.Equal(isOver, clock.IsExpiredAfter(value, pause));
            },
            iter: 20_000);
    }

    [Fact]
    public void APauseInWhichAnotherWorkerStampedCountsFromThatStamp()
    {
        SessionClock paused = ClockAt(1000, 100);
        SessionClock other = paused;
        other.Advance(1080);
        uint value = SessionValue.Pack(7, SessionKind.Udp, other.Now(SessionKind.Udp));
        Assert.False(paused.IsExpiredAfter(value, 80));
        Assert.False(paused.IsExpiredAfter(value, 180));
        Assert.True(paused.IsExpiredAfter(value, 181));
    }

    [Fact]
    public void RestampingKeepsTheAgeAndTheEnd()
    {
        Gen.Select(Timeouts, Timeouts, Gen.ULong[0, 100_000], Gen.Double[0, 1.2]).Sample(
            (before, after, start, share) =>
            {
                SessionClock clock = ClockAt(start, before);
                uint value = SessionValue.Pack(7, SessionKind.Udp, clock.Now(SessionKind.Udp));
                clock.Advance(start + (ulong)(before * share));
                uint age = clock.AgeSeconds(value);
                SessionClock changed = clock;
                changed.SetTimeout(SessionKind.Udp, after);
                uint restamped = changed.Restamp(value, age);

                bool isOver = age > changed.TimeoutSeconds(SessionKind.Udp);
                Assert.Equal(7u, SessionValue.PodSlot(restamped));
                Assert.Equal(SessionKind.Udp, SessionValue.Kind(restamped));
                if (isOver && age >= changed.TimeoutSeconds(SessionKind.Udp) + TickSeconds(after)) Assert.True(changed.IsExpired(restamped));
                if (!isOver) Assert.InRange(age - changed.AgeSeconds(restamped), 0u, TickSeconds(after) - 1);
                if (!isOver) Assert.False(changed.IsExpired(restamped));
            },
            iter: 20_000);
    }

    [Fact]
    [Trait("Check", "LIF-06")]
    public void TimeNeverGoesBack()
    {
        SessionClock clock = ClockAt(500, 100);
        clock.Advance(400);
        Assert.Equal(500ul, clock.NowSeconds);
    }

    [Fact]
    public void KindsHaveTimeoutsOfTheirOwn()
    {
        SessionClock clock = ClockAt(0, 30);
        clock.SetTimeout(SessionKind.TcpEstablished, 7440);
        uint udp = SessionValue.Pack(1, SessionKind.Udp, clock.Now(SessionKind.Udp));
        uint tcp = SessionValue.Pack(1, SessionKind.TcpEstablished, clock.Now(SessionKind.TcpEstablished));
        clock.Advance(31);
        Assert.True(clock.IsExpired(udp));
        Assert.False(clock.IsExpired(tcp));
    }

    private static SessionClock ClockAt(ulong seconds, uint timeout)
    {
        SessionClock clock = default;
        clock.Advance(seconds);
        clock.SetTimeout(SessionKind.Udp, timeout);
        return clock;
    }

    private static uint TickSeconds(uint timeout) => Math.Max(1, (timeout + SessionClock.TimeoutTicks - 1) / SessionClock.TimeoutTicks);
}
