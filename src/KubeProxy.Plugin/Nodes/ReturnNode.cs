using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Graph nodes kp-nat4-in2out and kp-nat6-in2out: what a pod answers leaves with the VIP as source.</summary>
internal static unsafe class ReturnNode
{
    /// <summary>kp-nat4-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run4(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<ReturnDirection>.Run<Ip4Family, Ip4Session, Ip4Flow, Ip4Reject>(vm, node, frame);

    /// <summary>kp-nat6-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run6(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<ReturnDirection>.Run<Ip6Family, Ip6Session, Ip6Flow, Ip6Reject>(vm, node, frame);

    /// <summary>Trace of kp-nat4-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace4(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, FeatureRegistration.Return4);

    /// <summary>Trace of kp-nat6-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace6(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, FeatureRegistration.Return6);
}
