using BenchmarkDotNet.Attributes;
using KubeProxy.Bench.Data;
using KubeProxy.Core.Services;

namespace KubeProxy.Bench.Kernels;

/// <summary>Building a service's table: control plane, so it may allocate, but not more than a little per pod.</summary>
public class MaglevTable
{
    private NativeMemoryPool _memory = null!;
    private MaglevPod[] _pods = [];
    private unsafe uint* _table;

    [Params(4, 64, 1_000)]
    public int Pods { get; set; }

    [Params(1_024, 65_536)]
    public int Length { get; set; }

    [GlobalSetup]
    public unsafe void SetUp()
    {
        _memory = new NativeMemoryPool();
        _table = _memory.Allocate<uint>((nuint)Length);
        _pods = [.. Enumerable.Range(1, Pods).Select(pod => new MaglevPod(0x0A01_0000u + (uint)pod, 8080, (uint)pod, 1))];
    }

    [GlobalCleanup]
    public void CleanUp() => _memory.Free();

    [Benchmark]
    public unsafe void Fill() => Maglev.Fill(_pods, _table, (uint)Length);
}
