using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Graph nodes kp4-nodeport and kp6-nodeport: what arrives for a node port goes to the forward node.</summary>
internal static unsafe class NodePortNode
{
    /// <summary>kp4-nodeport.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run4(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<NodePortDirection>.Run<Ip4Family, Ip4Session, Ip4Flow, Ip4Reject>(vm, node, frame);

    /// <summary>kp6-nodeport.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run6(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<NodePortDirection>.Run<Ip6Family, Ip6Session, Ip6Flow, Ip6Reject>(vm, node, frame);

    /// <summary>Trace of kp4-nodeport.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace4(byte* s, VaList* arguments) => TraceText.Format<NodePortTrace>(s, arguments, FeatureRegistration.NodePort4);

    /// <summary>Trace of kp6-nodeport.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace6(byte* s, VaList* arguments) => TraceText.Format<NodePortTrace>(s, arguments, FeatureRegistration.NodePort6);
}
