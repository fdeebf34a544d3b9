using System.Diagnostics;
using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// Packets of remembered flows write their worker's own memory and themselves, and nothing else: not what all workers share (services, pods, return index,
/// node ports ...), no session table, the own one included, since answers on any worker read it, and nothing of another worker. So the second worker costs the first
/// one no cache line: two forward what each would alone.
/// </summary>
public sealed unsafe class WorkerIsolationTests
{
    private const int WorkerCount = 2;
    private const int FlowCount = 2 * PacketBatch.Capacity;
    private const string PlantVariable = "KUBEPROXY_PLANT_A_WRITE";

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void PacketsOfRememberedFlowsWriteNothingThatAnotherWorkerTouches(IpFamily family, byte protocol)
    {
        foreach (bool areFixed in (bool[])[true, false])
        {
            var shared = new SealableAllocator();
            SealableAllocator[] own = [.. Enumerable.Range(0, WorkerCount).Select(_ => new SealableAllocator())];
            var options = new DataPathOptions { WorkerCount = WorkerCount, BucketCount = 256, ReturnBucketCount = 256, SharedMemory = shared, WorkerMemory = own };
            using var site = new Topology(family, options);
            if (areFixed) Fix(site, protocol);
            Flow[][] flows = [.. Enumerable.Range(0, WorkerCount).Select(worker => Learn(site, protocol, worker))];
            for (int worker = 0; worker < WorkerCount; worker++)
            {
                SealableAllocator[] others = [shared, .. own.Where(memory => memory != own[worker])];
                foreach (SealableAllocator memory in others) memory.Seal();
                Assert.All(others, memory => Assert.Equal(memory.BlockCount, memory.CountSealed()));
                Assert.Equal(0, own[worker].CountSealed());
                if (Environment.GetEnvironmentVariable(PlantVariable) is not null) _ = site.Path.Forward(family, worker, site.Request(protocol));
                Forward(site, worker, flows[worker]);
                foreach (Flow[] anyones in flows) Return(site, worker, anyones);
                foreach (SealableAllocator memory in others) memory.Unseal();
            }
        }
    }

    /// <summary>The control, in a process of its own, which it ends: the first packet of a flow opens a session, in a table that others read.</summary>
    [Fact]
    public void AWriteIsNoticed()
    {
        string method = $"{typeof(WorkerIsolationTests).FullName}.{nameof(PacketsOfRememberedFlowsWriteNothingThatAnotherWorkerTouches)}";
        string program = Path.Combine(AppContext.BaseDirectory, typeof(WorkerIsolationTests).Assembly.GetName().Name!);
        ProcessStartInfo start = new(program, ["-method", method]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment[PlantVariable] = "1";
        using Process planted = Process.Start(start)!;
        planted.OutputDataReceived += (_, _) => { };
        planted.BeginOutputReadLine();
        string errors = planted.StandardError.ReadToEnd();
        planted.WaitForExit();
        Assert.NotEqual(0, planted.ExitCode);
        Assert.Contains("AccessViolation", errors, StringComparison.Ordinal);
        Assert.Contains("SessionTable", errors, StringComparison.Ordinal);
    }

    /// <summary>As the control thread does it for services with one VIP and port.</summary>
    private static void Fix(Topology site, byte protocol)
    {
        if (site.Family != IpFamily.Ip4) return;
        uint vip = BitConverter.ToUInt32(Site.Vip(site.Family).Address.GetAddressBytes());
        foreach (uint slot in site.Pods(protocol)) PodRecord.Fix(site.Path.Shared->Pods + slot, vip, Be16.FromHost(80).Wire, protocol);
    }

    private static Flow[] Learn(Topology site, byte protocol, int worker)
    {
        PacketSpec[] requests = [.. Enumerable.Range(0, FlowCount).Select(n => site.Request(protocol, 10_000 + (worker * FlowCount) + n))];
        Verdict[] verdicts = site.Path.Forward(site.Family, worker, [.. requests.Select(request => (TestPacket)request)]);
        Assert.All(verdicts, verdict => Assert.Equal((Outcome.Translated, SessionUse.First), (verdict.Outcome, verdict.Session)));
        Flow[] flows = [.. requests.Zip(verdicts, (request, verdict) => new Flow(request, site.PodOf(verdict.PodSlot, 80), site.Answer(request, verdict.PodSlot)))];
        Return(site, worker, flows);
        return flows;
    }

    private static void Forward(Topology site, int worker, Flow[] flows)
    {
        Verdict[] verdicts = site.Path.Forward(site.Family, worker, [.. flows.Select(flow => (TestPacket)flow.Request)]);
        foreach ((Flow flow, Verdict verdict) in flows.Zip(verdicts))
        {
            Assert.Equal((Outcome.Translated, SessionUse.Existing), (verdict.Outcome, verdict.Session));
            Assert.Equal(Translation.ToPod(flow.Request.Build(), flow.Pod), verdict.Bytes);
        }
    }

    private static void Return(Topology site, int worker, Flow[] flows)
    {
        Verdict[] verdicts = site.Path.Return(site.Family, worker, [.. flows.Select(flow => (TestPacket)flow.Answer)]);
        foreach ((Flow flow, Verdict verdict) in flows.Zip(verdicts))
        {
            Assert.Equal(Outcome.Translated, verdict.Outcome);
            Assert.Equal(Translation.FromVip(flow.Answer.Build(), flow.Request.To), verdict.Bytes);
        }
    }

    private sealed record Flow(PacketSpec Request, IPEndPoint Pod, PacketSpec Answer);
}
