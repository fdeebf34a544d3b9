using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>One packet to an address of the node in <c>show trace</c>: for which service it is, or that it passed on.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NodePortTrace : ITrace
{
    private fixed byte _flow[PacketBatch.FlowBytes];
    private uint _vipSlot;
    private byte _isIp6;

    /// <summary>Records every traced packet of a frame, after the node ports were asked.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Record<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            if ((buffer->flags & Vpp.VLIB_BUFFER_IS_TRACED) == 0) continue;
            NodePortTrace* trace = (NodePortTrace*)Vlib.vlib_add_trace(vm, node, buffer, (uint)sizeof(NodePortTrace));
            *trace = default;
            trace->_isIp6 = typeof(TFamily) == typeof(Ip6Family) ? (byte)1 : (byte)0;
            trace->_vipSlot = frame->Batch.VipSlot[i];
            if (trace->_vipSlot != NodePortTable.NoSlot) *(TFlow*)trace->_flow = PacketBatch.FlowsOf<TFlow>(&frame->Batch)[i];
        }
    }

    /// <inheritdoc/>
    public string Describe(string nodeName)
    {
        if (_vipSlot == NodePortTable.NoSlot) return $"{nodeName}: passed on";
        FlowEnds ends;
        fixed (byte* flow = _flow) ends = FlowEnds.Read(flow, _isIp6 != 0);
        return $"{nodeName}: {ends} node port {ends.Destination.Port} -> service {ServiceWords(ends)}";
    }

    /// <summary>The service by its words, if the node port is still the one that the packet met.</summary>
    private readonly string ServiceWords(FlowEnds ends)
    {
        Service? service = PacketTrace.Catalog?.FindNodePort(ends.Destination.AddressFamily, ends.Protocol, (ushort)ends.Destination.Port);
        return service?.NodePort?.Slot == _vipSlot ? $"{service.Vip.Prefix} {service.Key.Words}" : "(deleted)";
    }
}
