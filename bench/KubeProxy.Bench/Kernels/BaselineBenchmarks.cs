using BenchmarkDotNet.Attributes;
using KubeProxy.Bench.Baseline;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Bench.Kernels;

/// <summary>
/// Core's pipeline beside the same algorithm in C (bench/baseline), on the same tables, flows and frames, a packet each. As in <see cref="Pipeline4"/> each run
/// first fills the frame: <see cref="FillFrame"/> alone tells what to subtract.
/// </summary>
public class Baseline4
{
    private ShortWay _flows = null!;
    private int _next;

    [Params(1_000, 100_000, 1_000_000)]
    public int Flows { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _flows = new ShortWay(Flows);
        _ = new Agreement(_flows).Check();
        _next = 0;
    }

    [GlobalCleanup]
    public void CleanUp() => _flows.Path.Free();

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public void FillFrame() => _next = _flows.Path.Frame.Fill(_flows.Requests, _next);

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public void Forward()
    {
        _next = _flows.Path.Frame.Fill(_flows.Requests, _next);
        _flows.Path.Forward();
    }

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public uint ForwardInC()
    {
        _next = _flows.Path.Frame.Fill(_flows.Requests, _next);
        return _flows.ForwardInC();
    }

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public void Return()
    {
        _next = _flows.Path.Frame.Fill(_flows.Answers, _next);
        _flows.Path.Return();
    }

    [Benchmark(OperationsPerInvoke = PacketBatch.Capacity)]
    public uint ReturnInC()
    {
        _next = _flows.Path.Frame.Fill(_flows.Answers, _next);
        return _flows.ReturnInC();
    }
}
