using BenchmarkDotNet.Attributes;
using KubeProxy.Bench.Data;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Bench.Kernels;

/// <summary>
/// The whole pipeline over batches of 64 packets, a packet each. Every run first copies the next 64 flows' headers
/// into the frame: <see cref="FillFrame"/> alone tells what to subtract.
/// </summary>
public abstract class PipelineBenchmarks<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private const int NewFlowCount = 16 * PacketBatch.Capacity;
    private DataPathOf<TFamily, TSession, TFlow> _path = null!;
    private PacketTemplates _known = null!;
    private PacketTemplates _answers = null!;
    private PacketTemplates _unknown = null!;
    private int _next;
    private int _nextUnknown;

    [Params(1_000, 100_000, 1_000_000)]
    public int Flows { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _path = new DataPathOf<TFamily, TSession, TFlow>(Flows);
        _known = _path.CreateTemplates(Flows);
        _answers = _path.Learn(_known);
        _unknown = _path.CreateTemplates(NewFlowCount, firstFlow: Flows);
        _next = _nextUnknown = 0;
        Forward();
        _path.Expect(SessionUse.Existing);
        Return();
        _path.Expect(SessionUse.Existing);
        ReturnOfNoSession();
        _path.Expect(SessionUse.None);
        ExpectThatNothingStays();
    }

    [GlobalCleanup]
    public void CleanUp() => _path.Free();

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public void FillFrame() => _next = _path.Frame.Fill(_known, _next);

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public void Forward()
    {
        _next = _path.Frame.Fill(_known, _next);
        _path.Forward();
    }

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public void Return()
    {
        _next = _path.Frame.Fill(_answers, _next);
        _path.Return();
    }

    /// <summary>Packets that are for no session, on a pod's interface.</summary>
    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public void ReturnOfNoSession()
    {
        _next = _path.Frame.Fill(_known, _next);
        _path.Return();
    }

    /// <summary>
    /// New flows; their sessions are taken away again, which costs about as much as opening them. All packets take the longer way, which leaves their hashes and
    /// five-tuples in the batch.
    /// </summary>
    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public unsafe void OpenAndForget()
    {
        _nextUnknown = _path.Frame.Fill(_unknown, _nextUnknown);
        _path.Forward();
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(_path.Worker->Batch);
        for (int i = 0; i < PacketBatch.Capacity; i++)
        {
            uint entry = _path.Sessions->Find(flows + i, _path.Worker->Batch->Hash[i]);
            if (entry != SessionTable.NotFound)
                _path.Sessions->Remove(entry);
        }
    }

    private unsafe void ExpectThatNothingStays()
    {
        uint before = _path.Sessions->LiveCount;
        for (int first = 0; first < NewFlowCount; first += PacketBatch.Capacity)
        {
            OpenAndForget();
            _path.Expect(SessionUse.First);
        }

        if (_path.Sessions->LiveCount != before)
            throw new InvalidOperationException($"{before} sessions before new flows came and went, {_path.Sessions->LiveCount} afterwards");
    }
}

/// <summary>IPv4.</summary>
public class Pipeline4 : PipelineBenchmarks<Ip4Family, Ip4Session, Ip4Flow>;

/// <summary>IPv6.</summary>
public class Pipeline6 : PipelineBenchmarks<Ip6Family, Ip6Session, Ip6Flow>;
