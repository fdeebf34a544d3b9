using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>One packet in <c>show trace</c>: what arrived, what became of it. Written by value, read when everything may be gone.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PacketTrace
{
    private fixed byte _flow[PacketBatch.FlowBytes];
    private fixed byte _newAddress[16];
    private uint _podSlot;
    private uint _serviceIndex;
    private ushort _newPortWire;
    private byte _outcome;
    private byte _rejection;
    private byte _session;
    private byte _isIp6;
    private byte _isForward;

    /// <summary>Where the names of services come from; set when the catalog is there.</summary>
    public static ServiceCatalog? Catalog { get; set; }

    private readonly bool IsIp6 => _isIp6 != 0;

    private readonly int AddressBytes => FlowText.AddressBytes(IsIp6);

    /// <summary>Records every traced packet of a frame, after the pipeline has run.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Record<TFamily, TSession, TFlow>(
        vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count, bool isForward)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            if ((buffer->flags & Vpp.VLIB_BUFFER_IS_TRACED) == 0) continue;
            PacketTrace* trace = (PacketTrace*)Vlib.vlib_add_trace(vm, node, buffer, (uint)sizeof(PacketTrace));
            *trace = default;
            trace->_isIp6 = typeof(TFamily) == typeof(Ip6Family) ? (byte)1 : (byte)0;
            trace->_isForward = isForward ? (byte)1 : (byte)0;
            trace->_outcome = frame->Batch.Outcome[i];
            trace->_session = frame->Batch.Session[i];
            if (isForward && Refusal.IsRefused((Outcome)trace->_outcome)) trace->_rejection = frame->Rejection[i];
            if (trace->_session == (byte)Core.Pipeline.SessionUse.None) continue;

            trace->_podSlot = frame->Batch.PodSlot[i];
            trace->_serviceIndex = Threads.States[vm->thread_index].Worker.Shared->Pods[trace->_podSlot].ServiceIndex;
            *(TFlow*)trace->_flow = PacketBatch.FlowsOf<TFlow>(&frame->Batch)[i];
            trace->ReadRewrite((byte*)frame->Batch.Packet[i], TFamily.L4((byte*)frame->Batch.Packet[i]));
        }
    }

    /// <summary>format_trace callback's body: va_list holds vm, node and the trace.</summary>
    public static byte* Format(byte* s, VaList* arguments, string nodeName)
    {
        _ = arguments->NextPointer();
        _ = arguments->NextPointer();
        PacketTrace* trace = (PacketTrace*)arguments->NextPointer();
        try
        {
            fixed (byte* format = "%s"u8, text = NativeText.Terminated(trace->Describe(nodeName))) return Clib.format(s, format, text);
        }
        catch (Exception)
        {
            return s;
        }
    }

    private void ReadRewrite(byte* packet, byte* l4)
    {
        int addressOffset = IsIp6 ? (_isForward != 0 ? 24 : 8) : (_isForward != 0 ? 16 : 12);
        fixed (byte* address = _newAddress) Buffer.MemoryCopy(packet + addressOffset, address, 16, AddressBytes);
        _newPortWire = _isForward != 0 ? ((L4Header*)l4)->DestinationPortWire : ((L4Header*)l4)->SourcePortWire;
    }

    private string Describe(string nodeName)
    {
        if (_session == (byte)Core.Pipeline.SessionUse.None)
            return $"{nodeName}: {DescribeUntranslated()}";

        string session = (Core.Pipeline.SessionUse)_session switch
        {
            Core.Pipeline.SessionUse.Existing => "hit",
            Core.Pipeline.SessionUse.First => "new",
            _ => "untracked",
        };
        IPEndPoint rewrite = NewEndPoint();
        (string flow, string side) = DescribeFlow();
        return $"{nodeName}: {flow} service {ServiceWords()} pod {PodAddress()} session {session}\n    {side} -> {rewrite}";
    }

    private readonly string DescribeUntranslated()
    {
        if (_isForward == 0) return "no session, passed on untouched";
        string reason = DropCounters.All[_outcome].Text;
        return _rejection == 0 ? $"drop: {reason}" : $"{DropCounters.All[(int)DropCounters.PlaceOf((Rejection)_rejection)].Text} ({reason})";
    }

    private (string Flow, string Rewritten) DescribeFlow()
    {
        fixed (byte* flow = _flow)
        {
            IPEndPoint source = FlowText.Source(flow, IsIp6);
            IPEndPoint destination = FlowText.Destination(flow, IsIp6);
            string protocol = ServiceKey.NameOf(FlowText.Protocol(flow, IsIp6));
            return ($"{protocol} {source} -> {destination}", _isForward != 0 ? $"destination {destination}" : $"source {source}");
        }
    }

    /// <summary>
    /// The service by its words, if the index still belongs to a service that is reached where the client addressed it, by its
    /// VIP or by its node port; otherwise the index.
    /// </summary>
    private string ServiceWords()
    {
        Service? service = Catalog?.FindService(_serviceIndex);
        IPEndPoint addressed = Addressed();
        return service != null && (service.Vip.IsReachedAt(addressed.Address) || service.NodePort?.Port == addressed.Port)
            ? $"{service.Vip.Prefix} {service.Key.Words}"
            : $"#{_serviceIndex} (deleted)";
    }

    private IPEndPoint Addressed()
    {
        fixed (byte* flow = _flow) return _isForward != 0 ? FlowText.Destination(flow, IsIp6) : NewEndPoint();
    }

    private IPAddress PodAddress()
    {
        fixed (byte* flow = _flow) return _isForward != 0 ? NewEndPoint().Address : FlowText.Source(flow, IsIp6).Address;
    }

    private IPEndPoint NewEndPoint()
    {
        fixed (byte* address = _newAddress) return FlowText.EndPoint(address, _newPortWire, IsIp6);
    }
}
