using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Packets;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>Which of a target's packets are meant.</summary>
internal enum PacketDirection
{
    /// <summary>Clients' packets: for the interface that faces clients.</summary>
    Forward,

    /// <summary>Pods' packets: for the interface that faces pods.</summary>
    Return,
}

/// <summary>
/// The packets of a target's corpus as Ethernet frames, for a packet generator: each as it goes into the data path, those that are made from what has become
/// of others included. Shorter than a frame's least length they are padded as a device does it.
/// </summary>
internal static class PacketExport
{
    private const int LeastFrameBytes = 60;

    /// <summary>Writes a pcap file; answers the number of frames.</summary>
    public static int Write(string name, PacketDirection direction, string path, byte[] to, byte[] from)
    {
        using var target = (IPacketTarget)TargetList.Make(name);
        var frames = new List<byte[]>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        target.Observer = step =>
        {
            if (step.IsForward != (direction == PacketDirection.Forward) || step.Packet.Length == 0) return;
            byte[] frame = FrameOf(step.Packet, target.FamilyOf(step), to, from);
            if (known.Add(Convert.ToHexString(frame))) frames.Add(frame);
        };
        IEnumerable<byte[]> inputs = target.Seeds.Concat(CorpusFolder.Read(Path.Combine(Inputs.Corpus, name))).Concat(CorpusFolder.Read(Path.Combine(Inputs.Crashers, name)));
        foreach (byte[] input in inputs) target.Run(input);
        PcapFile.Write(path, frames);
        return frames.Count;
    }

    private static byte[] FrameOf(byte[] packet, IpFamily family, byte[] to, byte[] from)
    {
        byte[] type = family == IpFamily.Ip4 ? [0x08, 0x00] : [0x86, 0xDD];
        byte[] frame = [.. to, .. from, .. type, .. packet];
        Array.Resize(ref frame, Math.Max(frame.Length, LeastFrameBytes));
        return frame;
    }
}
