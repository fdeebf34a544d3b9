using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;
using KubeProxy.Plugin.Routes;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Packets that their pod's link does not take once their header is of the other family.</summary>
internal static unsafe class TooLong
{
    /// <summary>Length of an IPv4 packet whose fragment over IPv6 has the length that every link takes.</summary>
    public const ushort FragmentBytes = 1280 - 48 + 20;

    /// <summary>
    /// Among the translated packets whose length is to be looked at, finds those and gives them back their ends.
    /// <paramref name="shrinkBytes"/> is what the header that they leave with is shorter than IPv6's.
    /// </summary>
    public static void Mark(WorkerFrame* frame, uint count, uint shrinkBytes)
    {
        PacketBatch* batch = &frame->Batch;
        for (uint i = 0; i < count; i++)
        {
            bool isToBeMeasured = frame->Translation.IsLong[i] != 0 && batch->Outcome[i] == (byte)Outcome.Translated
                && batch->Session[i] != (byte)Core.Pipeline.SessionUse.Quoted;
            if (!isToBeMeasured) continue;
            uint mtu = PodRoutes.MtuOf(batch->PodSlot[i]);
            byte* packet = (byte*)batch->Packet[i];
            if (mtu == 0 || Ip6Family.LengthBytes(packet) <= mtu + shrinkBytes) continue;
            TooBig.PutBack(packet, PacketBatch.FlowsOf<Ip6Flow>(batch) + i);
            frame->Translation.Mtu[i] = mtu + shrinkBytes;
            batch->Outcome[i] = (byte)Outcome.TooBig;
            batch->Session[i] = (byte)Core.Pipeline.SessionUse.None;
        }
    }
}
