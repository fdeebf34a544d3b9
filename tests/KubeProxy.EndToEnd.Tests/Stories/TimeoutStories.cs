using System.Globalization;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Time passes for sessions, in real seconds.</summary>
public abstract class TimeoutStories(HostFixture fixture) : Story(fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    [Fact]
    public void ASessionWithoutPacketsGrowsOldAndIsForgottenAndOneWithPacketsStays()
    {
        Lab.Type("ku conf timeout 3");
        try
        {
            Service service = Cluster.Add(Family.Ip4, 53, protocol: null);
            Service service6 = Cluster.Add(Family.Ip6, 53, protocol: null);
            Flow[] idle = [.. new[] { service, service6 }.SelectMany(each => new[] { FlowTo(each, Transport.Tcp, 1), FlowTo(each, Transport.Udp, 2) })];
            byte[] active = FromClient(FlowTo(service, Transport.Udp, 3));
            ClientsSend([.. idle.Select(flow => FromClient(flow)), active]);
            Assert.Equal(5, SessionCount());
            Wait.Until(() => OldestIdleSeconds() >= 2, Limit, "a session to be idle for 2 seconds");
            Assert.Equal(5, SessionCount());
            Wait.Until(() => SendAndCount(active) == 1, Limit, () => $"the idle sessions to be forgotten: {Host.Cli("show ku sessions")}");
            string left = Host.Cli("show ku sessions");
            Assert.Contains($"{FlowTo(service, Transport.Udp, 3).Source}", left, StringComparison.Ordinal);
            Assert.True(OldestIdleSeconds() < 3, left);
        }
        finally
        {
            Lab.Type("ku conf timeout default");
        }
    }

    private int SendAndCount(byte[] active)
    {
        ClientsSend(active);
        return SessionCount();
    }

    private int OldestIdleSeconds() => Host.Cli("show ku sessions").Split('\n')[1..^1]
        .Max(line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture));
}

[Collection<VppAloneCollection>]
public sealed class TimeoutsInVpp(VppAlone host) : TimeoutStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class TimeoutsInVppWithOneWorker(VppWithOneWorker host) : TimeoutStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class TimeoutsInVppWithTwoWorkers(VppWithTwoWorkers host) : TimeoutStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class TimeoutsInTheEmbeddedHost(EmbeddedHost host) : TimeoutStories(host);
