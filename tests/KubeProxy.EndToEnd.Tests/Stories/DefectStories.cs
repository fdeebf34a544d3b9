using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Defects of the plugin that this one replaces which no other story would notice. The table is in docs/testing.md.</summary>
public abstract class DefectStories(HostFixture fixture) : Story(fixture)
{
    /// <summary>DNS and NTP servers ask each other so: the port that is to be replaced is found at both ends.</summary>
    [Theory]
    [Trait("Defect", "D19")]
    [Trait("Defect", "A-2")]
    [ClassData(typeof(PortKinds))]
    public void AClientWhosePortIsTheServicesOwnIsServedBothWays(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080);
        Flow[] flows = [.. Enumerable.Range(0, 20).Select(i => FlowTo(service, transport, i))
            .Select(flow => flow with { Source = new IPEndPoint(flow.Source.Address, service.Vip.Port) })];
        Converse(service, flows);
        Converse(service, flows);
        // And a client whose port is the pods' own.
        flows = [.. flows.Select(flow => flow with { Source = new IPEndPoint(flow.Source.Address, 8080) })];
        Converse(service, flows);
    }

    [Theory]
    [Trait("Defect", "D26")]
    [ClassData(typeof(FlowKinds))]
    public void WhatIsTranslatedIsCountedUnderNoReason(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080);
        ErrorCounters before = ErrorCounters.Of(Host);
        Flow[] flows = [.. Enumerable.Range(0, 50).Select(i => FlowTo(service, transport, i))];
        Converse(service, flows);
        Converse(service, flows);
        Assert.DoesNotContain(ErrorCounters.Of(Host).Since(before), row => row.Key.StartsWith("kp", StringComparison.Ordinal));
    }

    /// <summary>What is traced is shown when nothing of it is there any more, and says so.</summary>
    [Theory]
    [Trait("Defect", "D17")]
    [Trait("Defect", "A-17")]
    [ClassData(typeof(FlowKinds))]
    public void ATraceOutlivesItsServiceAndItsPod(Family family, Transport transport)
    {
        Pod pod = new(3);
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [pod]);
        Flow flow = FlowTo(service, transport);
        Host.Cli("clear trace");
        Host.Cli("trace add pg-input 10");
        Converse(service, [flow]);
        ClientsSend(FromClient(flow with { Destination = new IPEndPoint(service.Vip.Address, 81) }));
        Cluster.Remove(service);
        string trace = Host.Cli("show trace");
        Host.Cli("clear trace");
        foreach (string words in (string[])[$"{flow.Source}", $"{service.Vip} -> {pod.At(family, 8080)}", $"{pod.At(family, 8080)} -> {service.Vip}", "(deleted)", "unknown port"])
            Assert.Contains(words, trace, StringComparison.Ordinal);
        Assert.DoesNotContain("%", trace, StringComparison.Ordinal);
        Assert.True(Host.IsAlive);
    }
}

[Collection<VppAloneCollection>]
public sealed class DefectsInVpp(VppAlone host) : DefectStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class DefectsInVppWithOneWorker(VppWithOneWorker host) : DefectStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class DefectsInVppWithTwoWorkers(VppWithTwoWorkers host) : DefectStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class DefectsInTheEmbeddedHost(EmbeddedHost host) : DefectStories(host);
