using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The host ends and starts again, and the same lines are typed: nothing is left of the sessions, and no flow notices.</summary>
public abstract class RestartStories(HostFixture fixture)
{
    private const int FlowCount = 500;
    private static readonly PacketOptions Opening = PacketOptions.Plain with { Syn = true };

    /// <summary>The pods are typed in another order the second time. The connections' next segments carry data, no SYN.</summary>
    [Fact]
    [Trait("Check", "LIF-11")]
    [Trait("Rel", "REL-04")]
    [Trait("case", "K8S-12")]
    [Trait("case", "CT-09")]
    public void EveryFlowFindsItsPodAgainWithItsVeryNextPacketAfterARestart()
    {
        IReadOnlyList<IReadOnlyList<Pod>> before;
        using (Life first = new(fixture))
        {
            before = first.Converse(Pod.First(5), Opening);
            Assert.Equal(4 * FlowCount, first.Sessions);
            first.EndHost();
        }

        using Life second = new(fixture);
        Assert.Equal(0, second.Sessions);
        IReadOnlyList<IReadOnlyList<Pod>> after = second.Converse([.. Pod.First(5).Reverse()], PacketOptions.Plain);
        Assert.Equal(before, after);
        Assert.All(after, pods => Assert.Equal(5, pods.Distinct().Count()));
    }

    /// <summary>From a start of the host to its end.</summary>
    private sealed class Life(HostFixture fixture) : Story(fixture)
    {
        public int Sessions => SessionCount();

        /// <summary>Adds a service of each kind and lets all flows talk with their pods.</summary>
        public IReadOnlyList<IReadOnlyList<Pod>> Converse(IReadOnlyList<Pod> pods, PacketOptions options) =>
        [.. new FlowKinds().Select(kind =>
        {
            (Family family, Transport transport) = kind.Data;
            Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods);
            return Converse(service, [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i))], options);
        })];

        public void EndHost() => ((PacketHost)Host).StopAndExpectCleanExit();
    }
}

[Collection<VppAloneCollection>]
public sealed class RestartInVpp(VppAlone host) : RestartStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class RestartInVppWithOneWorker(VppWithOneWorker host) : RestartStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class RestartInVppWithTwoWorkers(VppWithTwoWorkers host) : RestartStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class RestartInTheEmbeddedHost(EmbeddedHost host) : RestartStories(host);
