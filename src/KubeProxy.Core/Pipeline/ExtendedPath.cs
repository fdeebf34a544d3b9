using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// TCP and UDP over IPv6 behind extension headers that leave a packet where it is (<see cref="Ip6Extensions.TryPassOver"/>), both directions: each is
/// a datagram of one fragment, at whose place the transport header lies. After everything else, and only in a batch that has such packets.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class ExtendedPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Client → VIP → pod: what parsing has found to have an extension header among the first <paramref name="count"/> packets.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Forward(Worker* worker, PacketBatch* batch, uint count)
    {
        Fragment whole;
        TFlow leaves;
        for (uint i = 0; i < count; i++)
        {
            if (batch->Outcome[i] != (byte)Outcome.ExtensionHeader) continue;
            if (!TFamily.TryReadExtended((byte*)batch->Packet[i], batch->Available[i], &whole)) continue;
            batch->Outcome[i] = (byte)Identify(worker, batch, i, &whole);
            if (batch->Outcome[i] != (byte)Outcome.Translated) continue;
            FragmentPath<TFamily, TSession, TFlow>.ForwardParsed(worker, batch, i, &whole, SegmentOf(&whole), &leaves);
        }
    }

    /// <summary>Pod → client: among the first <paramref name="count"/> packets those that no session had.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Return(Worker* worker, PacketBatch* batch, uint count)
    {
        Fragment whole;
        TFlow leaves;
        for (uint i = 0; i < count; i++)
        {
            if (batch->Outcome[i] != (byte)ReturnPath<TFamily, TSession, TFlow>.Pass) continue;
            if (!TFamily.TryReadExtended((byte*)batch->Packet[i], batch->Available[i], &whole)) continue;
            if (Identify(worker, batch, i, &whole) != Outcome.Translated) continue;
            FragmentPath<TFamily, TSession, TFlow>.ReturnParsed(worker, batch, i, &whole, SegmentOf(&whole), &leaves);
        }
    }

    /// <summary>The five-tuple of a packet of which <see cref="IIpFamily{TFlow, TSession}.TryReadExtended"/> answers true.</summary>
    public static TFlow FlowOf(byte* packet, Fragment* whole) => TFamily.FlowOf(packet, ((L4Header*)whole->Part)->Ports, whole->Class);

    private static Outcome Identify(Worker* worker, PacketBatch* batch, uint i, Fragment* whole)
    {
        Outcome outcome = FragmentPath<TFamily, TSession, TFlow>.CheckHeader(whole);
        if (outcome != Outcome.Translated) return outcome;
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        *flow = FlowOf((byte*)batch->Packet[i], whole);
        batch->Hash[i] = TFlow.Hash(flow, &worker->Shared->SessionKey);
        return outcome;
    }

    private static TcpSegment SegmentOf(Fragment* whole) =>
        whole->Protocol == IpProtocol.Tcp ? TcpState.Read(whole->Part, whole->LengthBytes) : TcpSegment.Bare;
}
