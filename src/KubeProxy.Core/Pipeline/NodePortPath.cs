using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Packets to the node's own addresses: which of them are for a service. Those go to <see cref="ForwardPath{TFamily, TSession, TFlow}"/>
/// as if a VIP's route had sent them, and so do ICMP errors about a service's packets; all others go on to the node untouched: fragments
/// too, which the node puts together.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class NodePortPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>
    /// Puts the VIP slots of the batch's first <paramref name="count"/> packets into the batch, or <see cref="NodePortTable.NoSlot"/>
    /// for those that are not for a service.
    /// </summary>
    public static void Run(Worker* worker, PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        NodePortTable nodePorts = *TFamily.NodePorts(worker->Shared);
        uint others = 0;
        for (uint i = 0; i < count; i++)
        {
            byte* packet = (byte*)batch->Packet[i];
            bool isPlain = TFamily.TryParse(packet, batch->Available[i], flows + i) && TFamily.MayLeaveLink(packet);
            batch->VipSlot[i] = isPlain ? nodePorts.Find(TFlow.ClassOf(flows + i), TFlow.DestinationPort(flows + i)) : NodePortTable.NoSlot;
            others += isPlain ? 0u : 1;
        }

        if (others != 0) IcmpPath<TFamily, TSession, TFlow>.FindNodePorts(worker, batch, count);
    }
}
