using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>What happens to a session when a packet of its flow arrives.</summary>
public static unsafe class SessionUpdate
{
    /// <summary>
    /// Uses a session for a client's packet: stamps it, and moves TCP on from opening once the client answers. False
    /// when the session is over or its pod is gone for this kind of flow; it is forgotten then.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryUse<TSession, TFlow>(
        Worker* worker, SessionTable<TSession, TFlow>* sessions, uint entry, byte* l4)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        uint value = *sessions->Value(entry);
        uint kind = SessionValue.Kind(value);
        bool isCurrent = SessionValue.Tick(value) == worker->Context.Clock.Now(kind)
            && kind != SessionKind.TcpOpening
            && worker->Shared->Pods[SessionValue.PodSlot(value)].State == PodState.Active;
        return isCurrent || TryUseSlowly(worker, sessions, entry, l4);
    }

    /// <summary>Refreshes another worker's session for an answer; a session that changed meanwhile is left alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Refresh(Worker* worker, uint* shared, uint value)
    {
        uint kind = SessionValue.Kind(value);
        uint now = worker->Context.Clock.Now(kind);
        if (SessionValue.Tick(value) == now) return;
        Interlocked.CompareExchange(ref *shared, SessionValue.Pack(SessionValue.PodSlot(value), kind, now), value);
    }

    /// <summary>Kind of a flow's session at its first packet.</summary>
    public static uint FirstKind(uint flowClass, byte* l4)
    {
        if (flowClass != FlowClass.Tcp) return flowClass;
        return IsSyn(l4) ? SessionKind.TcpOpening : SessionKind.TcpEstablished;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryUseSlowly<TSession, TFlow>(
        Worker* worker, SessionTable<TSession, TFlow>* sessions, uint entry, byte* l4)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        uint value = *sessions->Value(entry);
        uint kind = SessionValue.Kind(value);
        uint podSlot = SessionValue.PodSlot(value);

        // An earlier packet of the frame found the same session, saw that it was over and forgot it.
        if (value == 0) return false;
        if (sessions->IsOver(value))
        {
            sessions->Remove(entry);
            return false;
        }

        if (kind == SessionKind.TcpOpening && !IsSyn(l4)) kind = SessionKind.TcpEstablished;
        *sessions->Value(entry) = SessionValue.Pack(podSlot, kind, worker->Context.Clock.Now(kind));
        return true;
    }

    private static bool IsSyn(byte* l4) => (l4[L4Header.TcpFlagsOffset] & L4Header.TcpSyn) != 0;
}
