using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using Verdict = KubeProxy.Core.Tests.Pipeline.Verdict;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>Fragments of TCP and UDP with the ports of their datagram, as virtual reassembly tells them.</summary>
internal static unsafe class FragmentPaths
{
    /// <summary>What became of the fragment, and the source port that its datagram leaves with.</summary>
    public static (Verdict Verdict, int SourcePort) Run(DataPathFixture path, byte[] fragment, uint vipSlot, int worker, DatagramHeader header, bool isForward)
    {
        path.Load(worker, [new TestPacket(fragment, vipSlot)]);
        int port = fragment[0] >> 4 == 6
            ? Run<Ip6Family, Ip6Session, Ip6Flow>(path.Worker(worker), header, isForward)
            : Run<Ip4Family, Ip4Session, Ip4Flow>(path.Worker(worker), header, isForward);
        return (path.Results(worker, 1)[0], port);
    }

    private static int Run<TFamily, TSession, TFlow>(Worker* worker, DatagramHeader header, bool isForward)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        TFlow leaves = default;
        if (isForward) FragmentPath<TFamily, TSession, TFlow>.Forward(worker, worker->Batch, 0, header, &leaves);
        else FragmentPath<TFamily, TSession, TFlow>.Return(worker, worker->Batch, 0, header, &leaves);
        return Be16.FromWire(TFlow.SourcePort(&leaves)).Host;
    }
}
