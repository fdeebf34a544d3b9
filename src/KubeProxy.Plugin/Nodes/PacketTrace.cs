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

    private readonly int AddressBytes => _isIp6 != 0 ? 16 : 4;

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
        int addressOffset = _isIp6 != 0 ? (_isForward != 0 ? 24 : 8) : (_isForward != 0 ? 16 : 12);
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
        string rewrite = NewEndpoint();
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
            ushort sourcePort = *(ushort*)(flow + (2 * AddressBytes));
            ushort destinationPort = *(ushort*)(flow + (2 * AddressBytes) + 2);
            uint flowClass = *(uint*)(flow + (2 * AddressBytes) + 4);
            string source = Endpoint(flow, sourcePort);
            string destination = Endpoint(flow + AddressBytes, destinationPort);
            string protocol = flowClass == FlowClass.Tcp ? "tcp" : "udp";
            return ($"{protocol} {source} -> {destination}", _isForward != 0 ? $"destination {destination}" : $"source {source}");
        }
    }

    /// <summary>The service by its words, if the index still belongs to a service of this VIP; otherwise the index.</summary>
    private string ServiceWords()
    {
        Service? service = Catalog?.FindService(_serviceIndex);
        return service != null && service.Vip.IsReachedAt(VipAddress())
            ? $"{service.Vip.Prefix} {service.Key.Words}"
            : $"#{_serviceIndex} (deleted)";
    }

    private IPAddress VipAddress()
    {
        fixed (byte* flow = _flow, rewritten = _newAddress)
            return Address(_isForward != 0 ? flow + AddressBytes : rewritten);
    }

    private IPAddress PodAddress()
    {
        fixed (byte* flow = _flow, rewritten = _newAddress) return Address(_isForward != 0 ? rewritten : flow);
    }

    private string NewEndpoint()
    {
        fixed (byte* address = _newAddress) return Endpoint(address, _newPortWire);
    }

    private string Endpoint(byte* address, ushort portWire)
    {
        return new IPEndPoint(Address(address), Be16.FromWire(portWire).Host).ToString();
    }

    private IPAddress Address(byte* bytes) => new(new ReadOnlySpan<byte>(bytes, AddressBytes));
}
