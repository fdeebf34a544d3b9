using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Pod → client for what <see cref="ReturnPath{TFamily, TSession, TFlow}"/> has left: answers of SCTP and of protocols without ports
/// leave with the address, and port, that the client used. A pod's own packets of such a protocol to a client that it answers cannot be
/// told from answers, but for echoes: a request is never an answer and passes on untouched.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class OtherReturnPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Translates what belongs to a session among the batch's first <paramref name="count"/> packets, the plain ones being done.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(Worker* worker, PacketBatch* batch, uint count, ReturnIndex<TSession, TFlow>* index)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        for (uint i = 0; i < count; i++)
        {
            if (batch->Outcome[i] == (byte)Outcome.Translated || !IsOther(batch, i, flows + i)) continue;
            batch->Hash[i] = TFlow.Hash(flows + i, &worker->Shared->SessionKey);
            batch->Candidates[i] = index->Candidates(batch->Hash[i]);
            TSession session;
            if (ReturnPath<TFamily, TSession, TFlow>.TryUseAny(worker, batch, i, index, TcpSegment.Bare, &session)) Rewrite(batch, i, &session);
        }
    }

    private static bool IsOther(PacketBatch* batch, uint i, TFlow* flow) =>
        OtherPath<TFamily, TSession, TFlow>.ParseAny((byte*)batch->Packet[i], batch->Available[i], isAnswer: true, flow) == Outcome.Translated
        && TFlow.ClassOf(flow) is FlowClass.Sctp or FlowClass.Other;

    /// <summary>The answer of a masqueraded session also gets its client back as destination.</summary>
    private static void Rewrite(PacketBatch* batch, uint i, TSession* session)
    {
        byte* packet = (byte*)batch->Packet[i];
        TFlow flow = TSession.Flow(session);
        OtherRewrite<TFamily, TSession, TFlow>.SetSource(packet, TFlow.DestinationOf(&flow), TFlow.DestinationPort(&flow));
        if (batch->SourcePort[i] != 0)
            OtherRewrite<TFamily, TSession, TFlow>.SetDestination(packet, TFlow.SourceOf(&flow), TFlow.SourcePort(&flow));
        batch->PodSlot[i] = SessionValue.PodSlot(*TSession.Value(session));
        batch->Outcome[i] = (byte)Outcome.Translated;
        batch->Session[i] = (byte)SessionUse.Existing;
    }
}
