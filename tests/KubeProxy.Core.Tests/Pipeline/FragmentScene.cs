using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>The usual scene, whose packets come in fragments, with the header of their datagram told as the host tells it.</summary>
public sealed unsafe class FragmentScene(IpFamily family, DataPathOptions? options = null) : IDisposable
{
    public Topology Site { get; } = new(family, options);

    public DataPathFixture Path => Site.Path;

    /// <summary>Runs fragments of one packet, one after the other.</summary>
    public Verdict[] Forward(byte[] whole, params byte[][] fragments) => Forward(0, whole, fragments);

    public Verdict[] Forward(int worker, byte[] whole, params byte[][] fragments) =>
        [.. fragments.Select(fragment => One(worker, fragment, HeaderOf(whole), isForward: true))];

    public Verdict[] Return(byte[] whole, params byte[][] fragments) => Return(0, whole, fragments);

    public Verdict[] Return(int worker, byte[] whole, params byte[][] fragments) =>
        [.. fragments.Select(fragment => One(worker, fragment, HeaderOf(whole), isForward: false))];

    public void Dispose() => Site.Dispose();

    /// <summary>What virtual reassembly tells of a datagram.</summary>
    public static DatagramHeader HeaderOf(byte[] whole)
    {
        ReadOnlySpan<byte> l4 = whole.AsSpan(whole[0] >> 4 == 4 ? 20 : 40);
        return new DatagramHeader(BinaryPrimitives.ReadUInt32LittleEndian(l4), l4[13]);
    }

    /// <summary>Runs the packet at place 0 of a worker's batch.</summary>
    public void Run(int worker, DatagramHeader header, bool isForward)
    {
        Worker* it = Path.Worker(worker);
        if (family == IpFamily.Ip4) Run<Ip4Family, Ip4Session, Ip4Flow>(it, header, isForward);
        else Run<Ip6Family, Ip6Session, Ip6Flow>(it, header, isForward);
    }

    private Verdict One(int worker, byte[] fragment, DatagramHeader header, bool isForward)
    {
        Path.Load(worker, [new TestPacket(fragment) { TotalBytes = ushort.MaxValue }]);
        Run(worker, header, isForward);
        return Path.Results(worker, 1)[0];
    }

    private static void Run<TFamily, TSession, TFlow>(Worker* worker, DatagramHeader header, bool isForward)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        TFlow leaves;
        if (isForward) FragmentPath<TFamily, TSession, TFlow>.Forward(worker, worker->Batch, 0, header, &leaves);
        else FragmentPath<TFamily, TSession, TFlow>.Return(worker, worker->Batch, 0, header, &leaves);
    }
}
