using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Errors of this host as the router between a client and the pods: where they come from, and what there is to say.</summary>
internal static unsafe class RouterErrors
{
    private const int LongestAddress = 16;

    /// <summary>
    /// Makes the packet at place <paramref name="i"/> of the batch the error about it. It comes from an address of the interface that the packet came in
    /// by, as VPP's own errors do.
    /// </summary>
    /// <typeparam name="TReject">IP family.</typeparam>
    public static RejectAnswer Answer<TReject>(PluginThread* thread, uint i, RejectPacket* packet, double nowSeconds)
        where TReject : struct, IRejectFamily
    {
        byte* source = stackalloc byte[LongestAddress];
        vlib_buffer_t* buffer = (vlib_buffer_t*)thread->Frame->Buffer[i];
        uint interfaceIndex = Vnet.vnet_buffer(buffer)->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_RX];
        byte* client = typeof(TReject) == typeof(Ip6Reject) ? Ip6Family.SourceOf(packet->Start) : Ip4Family.SourceOf(packet->Start);
        bool hasSource = typeof(TReject) == typeof(Ip6Reject)
            ? Vnet.ip6_sas_by_sw_if_index(interfaceIndex, client, source) != 0
            : Vnet.ip4_sas_by_sw_if_index(interfaceIndex, client, source) != 0;
        hasSource &= !IsNat46<TReject>(packet->Start);
        PacketBatch* batch = &thread->Frame->Batch;
        return RouterError<TReject>.Answer(
            packet, (Outcome)batch->Outcome[i], (uint)batch->Target[i], hasSource ? source : null, &thread->RouterLimit, nowSeconds);
    }

    /// <summary>True for a client's packet that came over IPv4 and whose header is IPv6's by now: the error about it goes back over IPv4, from the VIP.</summary>
    private static bool IsNat46<TReject>(byte* packet)
        where TReject : struct, IRejectFamily =>
        typeof(TReject) == typeof(Ip6Reject) && Prefix64.IsMapped(((Ip6Header*)packet)->DestinationFirst, ((Ip6Header*)packet)->DestinationSecond);
}
