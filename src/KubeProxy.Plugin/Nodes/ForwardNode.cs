using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Graph nodes kp4-nat4 and kp6-nat6: what arrives for a VIP leaves for a pod.</summary>
internal static unsafe class ForwardNode
{
    /// <summary>kp4-nat4.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run4(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<ForwardDirection>.Run<Ip4Family, Ip4Session, Ip4Flow, Ip4Reject>(vm, node, frame);

    /// <summary>kp6-nat6.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run6(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        NodeBody<ForwardDirection>.Run<Ip6Family, Ip6Session, Ip6Flow, Ip6Reject>(vm, node, frame);

    /// <summary>Trace of kp4-nat4.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace4(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, "kp4-nat4");

    /// <summary>Trace of kp6-nat6.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace6(byte* s, VaList* arguments) => TraceText.Format<PacketTrace>(s, arguments, "kp6-nat6");
}
