using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>What holds between a packet of one family and what has become of it in the other.</summary>
internal static unsafe class NatChecks
{
    /// <summary>To the pod: its address, hops as they were, and all of <see cref="CheckSound"/>.</summary>
    public static void CheckForward(NatSite site, Step step, byte[] left, uint podSlot)
    {
        CheckSound(step, left, site.PodFamily, site.ClientFamily);
        var was = new PacketView(step.Packet, site.ClientFamily);
        var view = new PacketView(left, site.PodFamily);
        var address = new ReadOnlySpan<byte>(site.Path.Shared->Pods[podSlot].Address, 16);
        if (!view.Destination.SequenceEqual(site.IsNat46 ? address : address[12..])) throw new FindingException("the destination is not the pod");
        if (HopsOf(view) != HopsOf(was)) throw new FindingException("the translation has taken a hop");
    }

    /// <summary>
    /// A packet of the family that it is to be of, as long as it says, with the payload that it came with; and if it came with right checksums it has them.
    /// </summary>
    public static void CheckSound(Step step, byte[] left, IpFamily family, IpFamily came)
    {
        var was = new PacketView(step.Packet, came);
        var view = new PacketView(left, family);
        if (left.Length < (view.IsIp4 ? 20 : 40) || left[0] >> 4 != (view.IsIp4 ? 4 : 6)) throw new FindingException("the packet has no header of its family");
        if (view.IsIp4 && Residue.OfHeader(left.AsSpan(0, view.L4)) != 0) throw new FindingException("the IPv4 header's checksum is wrong");
        bool isWhole = was.IsWhole && !step.IsChained;
        if (isWhole && view.LengthBytes > left.Length) throw new FindingException("the packet is shorter than it says");
        if (!isWhole || was.IsIcmp) CheckIcmp(was, view, isWhole);
        else CheckTransport(was, view);
    }

    private static void CheckIcmp(PacketView was, PacketView view, bool isWhole)
    {
        if (isWhole && !was.IsFragment && Residue.IsRight(was) && !Residue.IsRight(view)) throw new FindingException("the ICMP checksum was right and is not");
    }

    private static void CheckTransport(PacketView was, PacketView view)
    {
        if (view.L4 == 0 || view.Protocol != was.Protocol || was.Transport.Length != view.Transport.Length) throw new FindingException("another transport part leaves than came");
        var may = new ByteSet(was.Transport.Length);
        if (was.HasPorts) may.Allow(0, 4);
        may.Allow(was.Checksum.Offset, was.Checksum.Length);
        bool isLater = was.IsFragment && was.FragmentOffset != 0;
        (isLater ? new ByteSet(was.Transport.Length) : may).Check(was.Transport, view.Transport);
        if (!was.IsFragment && Residue.IsRight(was) && !Residue.IsRight(view)) throw new FindingException("the transport checksum was right and is not");
    }

    private static byte HopsOf(PacketView view) => view.Bytes[view.IsIp4 ? 8 : 7];
}
