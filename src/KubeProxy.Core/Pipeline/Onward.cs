using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Whether a packet can be sent on to its pod, asked before anything is done for it (invariant PKT-15). What cannot is told to the client here, about the packet
/// as the client has sent it: behind the translation the router would quote addresses that the client has never heard of.
/// <see cref="ForwardPath{TFamily, TSession, TFlow}"/> asks the same in fewer steps for the packets that take its short way.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class Onward<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary><see cref="Outcome.Translated"/>, or why not; of a packet that is too long the MTU becomes its target.</summary>
    public static Outcome Check(PacketBatch* batch, uint i, PodRecord* pod)
    {
        byte* packet = (byte*)batch->Packet[i];
        bool isSpecial = ((batch->Special >> (int)i) & 1) != 0;
        uint lengthBytes = TFamily.LengthBytes(packet);
        uint thereBytes = isSpecial ? batch->TotalBytes[i] : batch->Available[i];
        if (!TFamily.IsLengthVerified && lengthBytes > thereBytes) return Outcome.Truncated;
        if (TFamily.HopsLeft(packet) <= 1) return Outcome.NoHopLeft;
        if (isSpecial && batch->PieceBytes[i] != 0) lengthBytes = batch->PieceBytes[i];
        if (lengthBytes <= pod->MtuBytes || TFamily.MayBeFragmented(packet)) return Outcome.Translated;
        batch->Target[i] = pod->MtuBytes;
        return Outcome.TooLong;
    }
}
