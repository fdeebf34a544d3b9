using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// Source NAT: what the pod of a masqueraded session sees as its client. A session holds the source port only; the address
/// follows from the flow and its pod:
/// <code>
///   client is the pod itself (hairpin)   ─▶ the address that the client addressed: the pod's own would not come back
///   any other client                     ─▶ the address that the pod's service was given
/// </code>
/// Source port 0 stands for a session that keeps its client's address and port.
/// </summary>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class Masquerade<TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>False when no session of the flow with the pod is masqueraded: the source port need not be looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayApply(TFlow* flow, PodRecord* pod) => pod->MasqueradeIndex != 0 || IsHairpin(flow, pod);

    /// <summary>True when the client is the pod itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsHairpin(TFlow* flow, PodRecord* pod) => TFlow.IsFrom(flow, pod->Address);

    /// <summary>The flow as its pod sees it come, its destination still the client's.</summary>
    /// <param name="flow">The client's flow.</param>
    /// <param name="pod">The pod of its session.</param>
    /// <param name="addresses">All masquerade addresses.</param>
    /// <param name="sourcePortWire">The session's source port in wire order.</param>
    public static TFlow Seen(TFlow* flow, PodRecord* pod, MasqueradeAddress* addresses, ushort sourcePortWire)
    {
        if (sourcePortWire == 0) return *flow;
        byte* address = IsHairpin(flow, pod) ? TFlow.DestinationOf(flow) : addresses[pod->MasqueradeIndex].Bytes;
        return TFlow.WithSource(flow, address, sourcePortWire);
    }
}
