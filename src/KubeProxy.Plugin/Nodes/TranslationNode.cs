using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Graph nodes kp4-nat6 and kp6-nat4, and kp6-nat4-fragment: a VIP's packets leave for pods of the other family. Each is a sibling of the
/// forward node of its pods' family, so a pod's forward target means the same in both. Fragments that come by kp4-nat6 are IPv6's when they
/// go to virtual reassembly, and come back to kp6-nat6-fragment.
/// </summary>
internal static unsafe class TranslationNode
{
    /// <summary>Client over IPv4, pods over IPv6.</summary>
    public const string Nat46 = "kp4-nat6";

    /// <summary>Client over IPv6, pods over IPv4.</summary>
    public const string Nat64 = "kp6-nat4";

    /// <summary>VPP's node that fragments IPv4 packets.</summary>
    public const string Fragmentation4 = "ip4-frag";

    /// <summary>VPP's node that fragments IPv6 packets.</summary>
    public const string Fragmentation6 = "ip6-frag";

    /// <summary>Fragments go to IPv4's look-up: IP_FRAG_NEXT_IP4_LOOKUP of vnet/ip/ip_frag.h, which VPP does not install.</summary>
    public const byte FragmentsToLookup4 = 2;

    /// <summary>Fragments go to IPv6's look-up: IP_FRAG_NEXT_IP6_LOOKUP of vnet/ip/ip_frag.h.</summary>
    public const byte FragmentsToLookup6 = 3;

    /// <summary>Length of an IPv4 packet whose fragment over IPv6 has the length that every link takes.</summary>
    public const ushort FragmentBytes = 1280 - 48 + 20;

    /// <summary>True when the host fragments packets.</summary>
    public static bool HasFragmentation { get; set; }

    /// <summary>kp4-nat6.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run46(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<Nat46Direction>.Run<Ip6Family, Ip6Session, Ip6Flow, Ip6Reject>(vm, node, frame);

    /// <summary>kp6-nat4.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run64(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<Nat64Direction>.Run<Ip6Family, Ip6Session, Ip6Flow, Ip6Reject>(vm, node, frame);

    /// <summary>kp6-nat4-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint RunFragment64(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        FragmentBody<Nat64Direction, Ip6Family, Ip6Session, Ip6Flow>.Run<Ip6Reject>(vm, node, frame);

    /// <summary>Trace of kp4-nat6.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace46(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, Nat46);

    /// <summary>Trace of kp6-nat4.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace64(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, Nat64);

    /// <summary>Trace of kp6-nat4-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatFragment64(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, Reassembly.Nat64);
}
