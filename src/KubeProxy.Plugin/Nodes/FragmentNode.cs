using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Graph nodes kp4-nat4-fragment, kp6-nat6-fragment, kp-nat4-in2out-fragment and kp-nat6-in2out-fragment: what virtual reassembly
/// has found the ports of. Each is a sibling of the node without "-fragment": VPP keeps their next nodes the same, so a pod's
/// forward target and a place on a feature arc mean in both what they mean in one.
/// </summary>
internal static unsafe class FragmentNode
{
    /// <summary>kp4-nat4-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Forward4(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        FragmentBody<ForwardDirection, Ip4Family, Ip4Session, Ip4Flow>.Run<Ip4Reject>(vm, node, frame);

    /// <summary>kp6-nat6-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Forward6(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        FragmentBody<ForwardDirection, Ip6Family, Ip6Session, Ip6Flow>.Run<Ip6Reject>(vm, node, frame);

    /// <summary>kp-nat4-in2out-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Return4(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        FragmentBody<ReturnDirection, Ip4Family, Ip4Session, Ip4Flow>.Run<Ip4Reject>(vm, node, frame);

    /// <summary>kp-nat6-in2out-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Return6(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        FragmentBody<ReturnDirection, Ip6Family, Ip6Session, Ip6Flow>.Run<Ip6Reject>(vm, node, frame);

    /// <summary>Trace of kp4-nat4-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatForward4(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, Reassembly.Forward4);

    /// <summary>Trace of kp6-nat6-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatForward6(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, Reassembly.Forward6);

    /// <summary>Trace of kp-nat4-in2out-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatReturn4(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, Reassembly.Return4);

    /// <summary>Trace of kp-nat6-in2out-fragment.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatReturn6(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, Reassembly.Return6);
}
