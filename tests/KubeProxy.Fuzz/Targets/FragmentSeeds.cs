using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>What fuzzing of fragments starts from.</summary>
internal static class FragmentSeeds
{
    private const byte Tcp = 0x40;

    public static IReadOnlyList<byte[]> All { get; } = [.. Datagrams(0), .. Datagrams(0x80), .. Single(IpFamily.Ip4), .. Single(IpFamily.Ip6)];

    private static IEnumerable<byte[]> Datagrams(byte family)
    {
        foreach (byte protocol in (byte[])[0, Tcp])
        {
            foreach (byte slot in (byte[])[1, 2, 3])
            {
                var slotByte = (byte)(family | protocol | slot);
                yield return PacketSeeds.Join(new Record(2, slotByte, RecordFlags.None, [3, 1, .. new byte[90]]), new Record(3, slotByte, RecordFlags.None, [5, 2, .. new byte[200]]));
            }
        }
    }

    /// <summary>First, middle and last fragments, and one that is no fragment.</summary>
    private static IEnumerable<byte[]> Single(IpFamily family)
    {
        foreach (byte protocol in (byte[])[IpProtocol.Udp, IpProtocol.Tcp])
        {
            byte[] whole = (new PacketSpec(Site.Client(family), Site.Vip(family), protocol) { PayloadBytes = 90 }).Build();
            Record[] records =
            [
                .. FragmentCutter.Cut(whole, 40).Append(whole).Select(packet =>
                    new Record(0, family == IpFamily.Ip4 ? (byte)1 : (byte)0x81, RecordFlags.None, [0x9C, 0x40, 0, 80, 2, .. packet])),
            ];
            yield return PacketSeeds.Join(records);
            yield return PacketSeeds.Join([.. records.Take(1), .. records.Select(record => record with { Kind = 1 })]);
        }
    }
}
