using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Sessions;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Sessions that are over go in time, however many or few frames there are (invariant SES-4).</summary>
public sealed unsafe class HousekeepingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(30)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(100)]
    public void AWorkerWithAFrameNowAndThenNeverHoldsASessionTooLong(int secondsBetweenFrames)
    {
        // 16,384 buckets and 256 a frame: at one frame a second a round would take more than the 60 s it may.
        using var site = new Topology(IpFamily.Ip4, new DataPathOptions { BucketCount = 16_384, ReturnBucketCount = 1024, UdpTimeoutSeconds = 250 });
        for (int port = 1; port <= 500; port++) _ = site.Forward(site.Request(IpProtocol.Udp, port));
        Worker* worker = site.Path.Worker();
        Assert.Equal(500u, worker->Sessions4.LiveCount);
        for (ulong passed = 0; passed <= 1200; passed += (ulong)secondsBetweenFrames)
        {
            if (passed > 0) site.Path.Pass((ulong)secondsBetweenFrames);
            if (passed <= 250) Assert.Equal(500u, worker->Sessions4.LiveCount);
            if (passed > 250 + 160) Assert.Equal(0u, worker->Sessions4.LiveCount);
        }
    }

    [Fact]
    public void ABusyWorkerSweepsAFewBucketsAFrame()
    {
        using var site = new Topology(IpFamily.Ip4, new DataPathOptions { BucketCount = 65_536, ReturnBucketCount = 64 });
        _ = site.Forward(site.Request(IpProtocol.Udp));
        Worker* worker = site.Path.Worker();
        site.Path.Pass(1);
        uint owed = worker->SweepDebt;
        Assert.InRange(owed, 1u, 65_536 / Housekeeping.SweepSeconds);
        site.Path.Pass(0);
        Assert.Equal(owed - Housekeeping.BucketsPerFrame, worker->SweepDebt);
        while (worker->SweepDebt != 0) site.Path.Pass(0);
        Assert.Equal(owed + Housekeeping.BucketsPerFrame, worker->Sessions4.SweepBucket);
    }

    [Fact]
    public void ATableOfTheOtherFamilyIsSweptToo()
    {
        using var site = new Topology(IpFamily.Ip6);
        _ = site.Forward(site.Request(IpProtocol.Udp));
        site.Path.Pass(60);
        site.Path.Pass(60);
        for (int i = 0; i < 100; i++) site.Path.Pass(1);
        Assert.Equal(0u, site.Path.Worker()->Sessions6.LiveCount);
    }

    [Fact]
    public void SweepingAllForgetsWhatIsOverAndNothingElse()
    {
        using var site = new Topology(IpFamily.Ip4);
        _ = site.Forward(site.Request(IpProtocol.Udp), site.Request(IpProtocol.Tcp));
        Worker* worker = site.Path.Worker();
        worker->Context.Clock.Advance(site.Path.Options.StartSeconds + 101);
        Housekeeping.SweepAll(worker);
        Assert.Equal(1u, worker->Sessions4.LiveCount);
        TableAudit.Check(worker, &worker->Sessions4, site.Path.Options);
    }

    [Fact]
    public void TimeThatGoesBackChangesNothing()
    {
        using var site = new Topology(IpFamily.Ip4);
        _ = site.Forward(site.Request(IpProtocol.Udp));
        Worker* worker = site.Path.Worker();
        Housekeeping.BeforeFrame(worker, 5);
        Assert.Equal(site.Path.Options.StartSeconds, worker->Context.Clock.NowSeconds);
        Assert.Equal(SessionUse.Existing, site.Forward(site.Request(IpProtocol.Udp)).Session);
    }
}
