using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>Pieces that packets are often made of.</summary>
internal static class Words
{
    public static IReadOnlyList<byte[]> OfPackets(IpFamily family)
    {
        IEnumerable<byte[]> addresses = Enumerable.Range(1, 4).SelectMany(number => (byte[][])
            [Site.Client(family, number).Address.GetAddressBytes(), Site.Vip(family, number).Address.GetAddressBytes(), Site.Pod(family, number).Address.GetAddressBytes()]);
        byte[][] others = family == IpFamily.Ip4
            ? [[10, 0, 0, 77], [224, 0, 0, 1], [127, 0, 0, 1], [0x45, 0], [0x4F, 0], [0x20, 0], [0x40, 0], [0x00, 0x01], [0x03, 0x04], [0x0B, 0x00]]
            : [[0x3A], [0, 0, 1, 4, 0, 0, 0, 0], [43, 0, 1, 4, 0, 0, 0, 0], [44, 0, 0, 1, 0, 0, 0, 7], [60, 0, 1, 4, 0, 0, 0, 0], [6, 0, 5, 2, 0, 0, 1, 0], [0xFF, 2], [0xFE, 0x80], [2, 0], [1, 4]];
        byte[][] both = [[0, 80], [0, 81], [0, 53], [0x75, 0x90], [0x1F, 0x90], [6], [17], [132], [1], [47], [50], [136], [33], [0, 0], [0xFF, 0xFF]];
        return [.. addresses, .. others, .. both];
    }
}
