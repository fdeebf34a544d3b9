using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>What happens to a session when a packet of its flow arrives.</summary>
public static unsafe class SessionUpdate
{
    /// <summary>
    /// Uses a session for a client's packet: stamps it, and moves a TCP connection's state on. False when the session is
    /// over, its pod is gone for this kind of flow, or a new connection begins that its pod is not to get; the session is
    /// forgotten then.
    /// </summary>
    public static bool TryUse<TSession, TFlow>(
        Worker* worker, SessionTable<TSession, TFlow>* sessions, uint entry, TcpSegment segment)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        uint value = Volatile.Read(ref *sessions->Value(entry));

        // An earlier packet of the frame found the same session, saw that it was over and forgot it.
        if (value == 0) return false;
        if (sessions->IsOver(value) || IsNewConnectionOfRemovedPod(worker, value, segment))
        {
            sessions->Remove(entry);
            return false;
        }

        Stamp(worker, sessions->Value(entry), value, segment);
        return true;
    }

    /// <summary>
    /// Stamps a session, on whichever worker, for a pod's answer, and moves a TCP connection's state on. False when the
    /// session changed meanwhile: nothing was done.
    /// </summary>
    public static bool TryAnswer(Worker* worker, uint* shared, uint value, TcpSegment segment)
    {
        uint kind = SessionValue.Kind(value);
        if (SessionValue.ClassOf(kind) == FlowClass.Tcp) kind = TcpState.AfterPod(kind, segment);
        uint next = SessionValue.Pack(SessionValue.PodSlot(value), kind, worker->Context.Clock.Now(kind));
        return next == value || Interlocked.CompareExchange(ref *shared, next, value) == value;
    }

    /// <summary>Kind of a flow's session at its first packet.</summary>
    public static uint FirstKind(uint flowClass, TcpSegment segment) =>
        flowClass == FlowClass.Tcp ? TcpState.First(segment) : flowClass;

    /// <summary>What a parsed packet says about its TCP connection; <see cref="TcpSegment.Bare"/> for other classes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TcpSegment Segment<TFamily, TSession, TFlow>(byte* packet, uint flowClass)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        if (flowClass != FlowClass.Tcp) return TcpSegment.Bare;
        byte* l4 = TFamily.L4(packet);
        return TcpState.Read(l4, TFamily.LengthBytes(packet) - (uint)(l4 - packet));
    }

    /// <summary>
    /// The owner's stamp. A TCP session's state may be moved on by a worker that sees the pod's answer at the same time, so
    /// it is changed from what was seen, or looked at again: each turn of the loop means that another worker got on.
    /// </summary>
    private static void Stamp(Worker* worker, uint* shared, uint value, TcpSegment segment)
    {
        uint kind = SessionValue.Kind(value);
        if (SessionValue.ClassOf(kind) != FlowClass.Tcp)
        {
            *shared = SessionValue.Pack(SessionValue.PodSlot(value), kind, worker->Context.Clock.Now(kind));
            return;
        }

        while (true)
        {
            kind = TcpState.AfterClient(SessionValue.Kind(value), segment);
            uint next = SessionValue.Pack(SessionValue.PodSlot(value), kind, worker->Context.Clock.Now(kind));
            if (next == value) return;
            uint before = Interlocked.CompareExchange(ref *shared, next, value);
            if (before == value) return;
            value = before;
        }
    }

    /// <summary>A removed pod keeps the connections that it has; it gets no new one by way of an old one's session.</summary>
    private static bool IsNewConnectionOfRemovedPod(Worker* worker, uint value, TcpSegment segment)
    {
        if (segment != TcpSegment.Syn || worker->Shared->Pods[SessionValue.PodSlot(value)].State == PodState.Active) return false;
        uint kind = SessionValue.Kind(value);
        return TcpState.AfterClient(kind, segment) == SessionKind.TcpOpening && kind != SessionKind.TcpOpening;
    }
}
