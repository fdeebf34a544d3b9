using BenchmarkDotNet.Attributes;
using KubeProxy.Bench.Data;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Bench.Kernels;

/// <summary>
/// The session table alone, a flow each. The flows stand parsed and hashed in an array, in a random order; buckets are
/// fetched a frame ahead, as the pipeline does.
/// </summary>
public abstract unsafe class SessionBenchmarks<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private const int Batch = PacketBatch.Capacity;
    private const int UnknownCount = 16 * Batch;
    private const uint AnyPodSlot = 1;
    private DataPathOf<TFamily, TSession, TFlow> _path = null!;
    private Keys _known;
    private Keys _unknown;
    private int _next;

    [Params(1_000, 100_000, 1_000_000)]
    public int Flows { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _path = new DataPathOf<TFamily, TSession, TFlow>(Flows);
        PacketTemplates known = _path.CreateTemplates(Flows);
        _ = _path.Learn(known);
        _known = KeysOf(known, Flows / Batch * Batch);
        _unknown = KeysOf(_path.CreateTemplates(UnknownCount, firstFlow: Flows), UnknownCount);
        _next = 0;
    }

    [GlobalCleanup]
    public void CleanUp() => _path.Free();

    [Benchmark(OperationsPerInvoke = Batch)]
    public uint FindKnown() => Find(_known);

    [Benchmark(OperationsPerInvoke = Batch)]
    public uint FindUnknown() => Find(_unknown);

    [Benchmark(OperationsPerInvoke = Batch)]
    public void AddAndRemove()
    {
        int first = Advance(_unknown);
        SessionTable<TSession, TFlow>* sessions = _path.Sessions;
        for (int i = first; i < first + Batch; i++)
            _ = sessions->TryAdd(_unknown.Flow + i, _unknown.Hash[i], AnyPodSlot, SessionKind.Udp);
        for (int i = first; i < first + Batch; i++)
        {
            uint entry = sessions->Find(_unknown.Flow + i, _unknown.Hash[i]);
            if (entry != SessionTable.NotFound)
                sessions->Remove(entry);
        }
    }

    private uint Find(Keys keys)
    {
        int first = Advance(keys);
        SessionTable<TSession, TFlow>* sessions = _path.Sessions;
        for (int i = first; i < first + Batch; i++)
            _ = sessions->Fetch(keys.Hash[i]);
        uint sum = 0;
        for (int i = first; i < first + Batch; i++)
            sum += sessions->Find(keys.Flow + i, keys.Hash[i]);
        return sum;
    }

    private int Advance(Keys keys)
    {
        int first = _next;
        _next = first + (2 * Batch) <= keys.Count ? first + Batch : 0;
        return first;
    }

    private Keys KeysOf(PacketTemplates templates, int count)
    {
        Keys keys = new() { Flow = _path.Memory.Allocate<TFlow>((nuint)count), Hash = _path.Memory.Allocate<ulong>((nuint)count), Count = count };
        for (int i = 0; i < count; i++)
        {
            _ = TFamily.TryParse(templates.Packet(i), PacketTemplates.PacketBytes, keys.Flow + i);
            keys.Hash[i] = TFlow.Hash(keys.Flow + i, &_path.Shared->SessionKey);
        }

        return keys;
    }

    private struct Keys
    {
        public TFlow* Flow;
        public ulong* Hash;
        public int Count;
    }
}

/// <summary>IPv4.</summary>
public class Sessions4 : SessionBenchmarks<Ip4Family, Ip4Session, Ip4Flow>;

/// <summary>IPv6.</summary>
public class Sessions6 : SessionBenchmarks<Ip6Family, Ip6Session, Ip6Flow>;
