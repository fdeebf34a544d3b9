using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Time passes in every table. A class of its own: VPP moves its threads' clocks one by one, and a worker's may be seconds ahead afterwards.</summary>
public abstract class TableTimeStories(HostFixture fixture) : TableStory(fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>No packet comes to the table: it is the housekeeping that forgets the session, on whichever worker, and frees the pod's slot.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void SessionsOfATableWithoutPacketsEndAndTheirPodsGo(Family family)
    {
        Lab.Type("ku conf timeout udp 30");
        try
        {
            Serve(Seven, family, Pod.First(2), only: Transport.Udp);
            foreach (int worker in (int[])[0, LastWorker])
            {
                byte[][] sent = [.. Enumerable.Range(0, 50).Select(i => Request(Seven, FlowOf(family, Transport.Udp, (worker * 100) + i)))];
                Assert.Equal(50, Exchange(new Injection(Seven.Clients, sent, worker)).On(Seven.Pods).Count);
            }

            int all = LastWorker == 0 ? 50 : 100;
            Assert.Equal(all, SessionCount());
            LetPass(200);
            Wait.Until(() => SessionCount() == 0, Limit, () => $"the sessions to end: {Host.Cli("show ku sessions")}");
            string pods = string.Join(' ', Pod.First(2).Select(pod => pod.Address(family)));
            Lab.Type($"ku pod {Vip(family)} port 80 protocol udp table 7 {pods} del");
            Wait.Until(() => Host.Cli("show ku").Contains("pod slots       0 of", StringComparison.Ordinal), Limit, () => $"the slots to be free: {Host.Cli("show ku")}");
        }
        finally
        {
            Host.Cli("ku conf timeout default");
        }
    }
}

public sealed class TableTimeInVpp(VppWithTables host) : TableTimeStories(host), IClassFixture<VppWithTables>;

public sealed class TableTimeInVppWithOneWorker(VppWithTablesAndOneWorker host) : TableTimeStories(host), IClassFixture<VppWithTablesAndOneWorker>;

public sealed class TableTimeInVppWithTwoWorkers(VppWithTablesAndTwoWorkers host) : TableTimeStories(host), IClassFixture<VppWithTablesAndTwoWorkers>;
