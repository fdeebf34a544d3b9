using KubeProxy.Fuzz.Targets;
using PacketDotNet;
using SharpPcap;
using SharpPcap.LibPcap;
using Xunit;

namespace KubeProxy.Fuzz.Tests;

/// <summary>The corpus as frames for a packet generator.</summary>
public sealed class ExportTests
{
    public static TheoryData<string> PacketTargets => ["ip4", "ip6", "icmp4", "icmp6", "nat46", "nat64", "fragments"];

    [Theory]
    [MemberData(nameof(PacketTargets))]
    public void EveryFrameIsDifferentAndAddressedAsAskedFor(string target)
    {
        using var folder = new OutputFolder();
        foreach (PacketDirection direction in Enum.GetValues<PacketDirection>())
        {
            string path = Path.Combine(folder.Path, $"{direction}.pcap");
            int count = PacketExport.Write(target, direction, path, [2, 0, 0, 0, 0, 7], [2, 0, 0, 0, 0, 8]);
            List<byte[]> frames = Read(path);
            Assert.Equal(count, frames.Count);
            Assert.True(count > 30, $"{count} frames");
            Assert.Equal(count, frames.Select(Convert.ToHexString).Distinct().Count());
            Assert.All(frames, AssertFrame);
        }
    }

    private static void AssertFrame(byte[] bytes)
    {
        Assert.True(bytes.Length >= 60);
        var frame = (EthernetPacket)Packet.ParsePacket(LinkLayers.Ethernet, bytes);
        Assert.Equal(("020000000007", "020000000008"), (frame.DestinationHardwareAddress.ToString(), frame.SourceHardwareAddress.ToString()));
        Assert.True(frame.Type is EthernetType.IPv4 or EthernetType.IPv6);
    }

    private static List<byte[]> Read(string path)
    {
        using var file = new CaptureFileReaderDevice(path);
        file.Open();
        var frames = new List<byte[]>();
        while (file.GetNextPacket(out PacketCapture capture) == GetPacketStatus.PacketRead) frames.Add(capture.Data.ToArray());
        return frames;
    }
}
