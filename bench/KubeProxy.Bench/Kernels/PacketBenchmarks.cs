using BenchmarkDotNet.Attributes;
using KubeProxy.Bench.Data;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Bench.Kernels;

/// <summary>The pipeline's stages over packets that lie in the nearest cache, a packet each.</summary>
public abstract unsafe class PacketBenchmarks<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private const int Batch = PacketBatch.Capacity;
    private DataPathOf<TFamily, TSession, TFlow> _path = null!;
    private TFlow* _flows;

    [GlobalSetup]
    public void SetUp()
    {
        _path = new DataPathOf<TFamily, TSession, TFlow>(Batch);
        PacketTemplates known = _path.CreateTemplates(Batch);
        _ = _path.Learn(known);
        _ = _path.Frame.Fill(known, 0);
        _flows = _path.ParseFrame();
    }

    [GlobalCleanup]
    public void CleanUp() => _path.Free();

    [Benchmark(OperationsPerInvoke = Batch)]
    public ulong Hash()
    {
        ulong sum = 0;
        for (int i = 0; i < Batch; i++)
            sum += TFlow.Hash(_flows + i, &_path.Shared->SessionKey);
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Parse() => _path.ParseFrame();

    /// <summary>As the pipeline does it: the hash right behind the parse.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public ulong ParseAndHash()
    {
        PacketBatch* batch = _path.Worker->Batch;
        ulong sum = 0;
        for (int i = 0; i < Batch; i++)
        {
            _ = TFamily.TryParse((byte*)batch->Packet[i], batch->Available[i], _flows + i);
            sum += TFlow.Hash(_flows + i, &_path.Shared->SessionKey);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void RewriteDestination()
    {
        PacketBatch* batch = _path.Worker->Batch;
        for (int i = 0; i < Batch; i++)
            TFamily.RewriteDestination((byte*)batch->Packet[i], _path.Shared->Pods + 1 + (i & 3));
    }
}

/// <summary>IPv4.</summary>
public class Packet4 : PacketBenchmarks<Ip4Family, Ip4Session, Ip4Flow>;

/// <summary>IPv6.</summary>
public class Packet6 : PacketBenchmarks<Ip6Family, Ip6Session, Ip6Flow>;

/// <summary>The checksum updates alone.</summary>
public class Checksum
{
    private const int Batch = PacketBatch.Capacity;
    private readonly ushort[] _checksums = [.. Enumerable.Range(1, Batch).Select(n => (ushort)(n * 251))];
    private readonly ulong _change = InternetChecksum.Change32(0x0A60_0001, 0x0A01_0007) + InternetChecksum.Change16(80, 8080);

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Update()
    {
        ushort[] checksums = _checksums;
        for (int i = 0; i < checksums.Length; i++)
            checksums[i] = InternetChecksum.Update(checksums[i], _change);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void UpdateUdp()
    {
        ushort[] checksums = _checksums;
        for (int i = 0; i < checksums.Length; i++)
            checksums[i] = InternetChecksum.UpdateUdp(checksums[i], _change);
    }
}
