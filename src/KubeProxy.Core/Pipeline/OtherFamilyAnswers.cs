using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Pods over IPv4 answer to sessions of two tables: IPv4's, and IPv6's where clients of a <c>nat64</c> VIP have theirs, with both addresses of the answer
/// IPv4-mapped. An answer is looked for in IPv4's index first, so no session may be opened whose answers are a session's in the other index.
/// </summary>
public static unsafe class OtherFamilyAnswers
{
    /// <summary>True when an answer belongs to a live session of the other family's tables. Without a <c>nat64</c> VIP nothing is looked up.</summary>
    /// <typeparam name="TFlow">Five-tuple of the family in whose tables a session is to be opened.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Have<TFlow>(Worker* worker, TFlow* back)
        where TFlow : unmanaged, IFlow<TFlow>
    {
        if (worker->Shared->Translation.Nat64Count == 0) return false;
        return typeof(TFlow) == typeof(Ip4Flow) ? HasIp6(worker, (Ip4Flow*)back) : HasIp4(worker, (Ip6Flow*)back);
    }

    /// <summary>True when an answer over IPv4 belongs to a live session of a client over IPv6.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool HasIp6(Worker* worker, Ip4Flow* back)
    {
        Ip6Flow mapped;
        Prefix64 prefix = Prefix64.Mapped;
        Prefix64.Embed(&prefix, back->Source, (byte*)&mapped.SourceFirst);
        Prefix64.Embed(&prefix, back->Destination, (byte*)&mapped.DestinationFirst);
        mapped.PortsAndClass = Ip6Flow.Pack(back->Ports, back->Class);
        return IsKnown<Ip6Session, Ip6Flow>(worker, &worker->Shared->Return6, &mapped);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool HasIp4(Worker* worker, Ip6Flow* back)
    {
        Ip4Flow plain;
        Prefix64 prefix = Prefix64.Mapped;
        if (!Prefix64.TryExtract(&prefix, (byte*)&back->SourceFirst, out plain.Source)) return false;
        if (!Prefix64.TryExtract(&prefix, (byte*)&back->DestinationFirst, out plain.Destination)) return false;
        plain.PortsAndClass = Ip4Flow.Pack(back->Ports, back->Class);
        return IsKnown<Ip4Session, Ip4Flow>(worker, &worker->Shared->Return4, &plain);
    }

    private static bool IsKnown<TSession, TFlow>(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* back)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        ulong hash = TFlow.Hash(back, &worker->Shared->SessionKey);
        uint candidates = index->Candidates(hash);
        TSession session;
        ushort portWire;
        return candidates != 0 && index->FindLive(back, hash, candidates, &worker->Context.Clock, &session, &portWire) != null;
    }
}
