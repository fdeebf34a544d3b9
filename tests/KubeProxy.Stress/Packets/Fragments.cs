using System.Buffers.Binary;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Packets;

/// <summary>Which frames are fragments: VPP's reassembly holds them, joins some, and frees others without a counter of an interface.</summary>
public static class Fragments
{
    private const byte FragmentHeader = 44;
    private const byte AuthenticationHeader = 51;
    private const int Ip6HeaderBytes = 40;

    public static bool Has(byte[] frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        IpView view = new(frame);
        if (view.IsIp4)
            return (BinaryPrimitives.ReadUInt16BigEndian(view.Ip[6..]) & 0x3FFF) != 0;
        return view.IsIp6 && Has(view.Ip);
    }

    private static bool Has(ReadOnlySpan<byte> ip)
    {
        byte header = ip[6];
        int offset = Ip6HeaderBytes;
        while (header is 0 or 43 or 60 or 135 or 139 or 140 or AuthenticationHeader && offset + 8 <= ip.Length)
        {
            int length = header == AuthenticationHeader ? (ip[offset + 1] + 2) * 4 : (ip[offset + 1] + 1) * 8;
            (header, offset) = (ip[offset], offset + length);
        }

        return header == FragmentHeader;
    }
}
