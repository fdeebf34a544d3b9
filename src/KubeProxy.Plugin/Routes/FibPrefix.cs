using System.Net;
using System.Net.Sockets;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Routes;

/// <summary>Prefixes and addresses as VPP's FIB wants them.</summary>
internal static unsafe class FibPrefix
{
    /// <summary>A prefix of either family.</summary>
    public static fib_prefix_t Of(IPNetwork prefix) => Of(prefix.BaseAddress, prefix.PrefixLength);

    /// <summary>The host route of an address.</summary>
    public static fib_prefix_t Of(IPAddress address) => Of(address, IsIp6(address) ? 128 : 32);

    /// <summary>True for an IPv6 address.</summary>
    public static bool IsIp6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    private static fib_prefix_t Of(IPAddress address, int length)
    {
        fib_prefix_t prefix = default;
        prefix.fp_len = (ushort)length;
        prefix.fp_proto = IsIp6(address) ? fib_protocol_t.FIB_PROTOCOL_IP6 : fib_protocol_t.FIB_PROTOCOL_IP4;

        // An IPv4 address lies in the last four bytes of ip46_address_t.
        int offset = IsIp6(address) ? 0 : 12;
        _ = address.TryWriteBytes(new Span<byte>((byte*)&prefix.fp_addr + offset, 16 - offset), out _);
        return prefix;
    }
}
