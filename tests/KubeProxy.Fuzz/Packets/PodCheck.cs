using System.Buffers.Binary;
using KubeProxy.Core.Snapshots;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>A packet that has left for a pod has the pod's address and port, and its source unless that is masqueraded.</summary>
internal static unsafe class PodCheck
{
    public static void Check(FuzzSite site, PacketView was, PacketView view, uint podSlot, ulong target)
    {
        if (podSlot == 0 || podSlot > site.PodCount) throw new FindingException($"pod slot {podSlot}");
        PodRecord* pod = site.Path.Shared->Pods + podSlot;
        if (target != pod->ForwardTarget) throw new FindingException("another target than the pod's");
        if (pod->State is PodState.Dead or PodState.Free) throw new FindingException("a packet for a pod that is gone");
        var address = new ReadOnlySpan<byte>(pod->Address, was.AddressBytes);
        if (!view.Destination.SequenceEqual(address)) throw new FindingException("the destination is not the pod");
        bool mayMasquerade = pod->MasqueradeIndex != 0 || was.Source.SequenceEqual(address);
        TranslationChecks.CheckPacket(was.Bytes, view.Bytes, site.Family, mayMasquerade ? TranslationChecks.Ends.Both : TranslationChecks.Ends.Destination);
        bool hasPort = was.HasPorts && (!was.IsFragment || was.FragmentOffset == 0);
        if (!hasPort) return;
        int port = BinaryPrimitives.ReverseEndianness(pod->TargetPortWire);
        if (view.DestinationPort != (port == 0 ? was.DestinationPort : port)) throw new FindingException("the port is not the pod's");
    }

    /// <summary>The answer to a packet reaches its sender from where it was sent to.</summary>
    public static void CheckRoundTrip(PacketView request, PacketView answer)
    {
        bool isBack = request.Source.SequenceEqual(answer.Destination) && request.Destination.SequenceEqual(answer.Source);
        if (request.HasPorts) isBack &= (request.SourcePort, request.DestinationPort) == (answer.DestinationPort, answer.SourcePort);
        if (!isBack) throw new FindingException("an answer does not come back to its client from the address that it used");
    }
}
