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
    private fixed byte _rewritten[PacketBatch.FlowBytes];
    private uint _podSlot;
    private uint _serviceIndex;
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
            _ = TFamily.Parse((byte*)frame->Batch.Packet[i], frame->Batch.Available[i], (TFlow*)trace->_rewritten);
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
        string protocol = FlowClassOf() == FlowClass.Tcp ? "tcp" : "udp";
        string first = $"{nodeName}: {protocol} {Before(0)} -> {Before(1)} service {ServiceWords()} pod {Pod().Address} session {session}";
        return first + Change("source", 0) + Change("destination", 1);
    }

    private readonly string DescribeUntranslated()
    {
        if (_isForward == 0) return "no session, passed on untouched";
        string reason = DropCounters.All[_outcome].Text;
        return _rejection == 0 ? $"drop: {reason}" : $"{DropCounters.All[(int)DropCounters.PlaceOf((Rejection)_rejection)].Text} ({reason})";
    }

    /// <summary>A line about an end that was rewritten: 0 is the source, 1 the destination.</summary>
    private string Change(string name, int end) => Before(end).Equals(After(end)) ? string.Empty : $"\n    {name} {Before(end)} -> {After(end)}";

    /// <summary>The service by its words, if the index still belongs to a service of this VIP; otherwise the index.</summary>
    private string ServiceWords()
    {
        Service? service = Catalog?.FindService(_serviceIndex);
        return service != null && service.Vip.IsReachedAt(Vip().Address)
            ? $"{service.Vip.Prefix} {service.Key.Words}"
            : $"#{_serviceIndex} (deleted)";
    }

    private IPEndPoint Vip() => _isForward != 0 ? Before(1) : After(0);

    private IPEndPoint Pod() => _isForward != 0 ? After(1) : Before(0);

    private IPEndPoint Before(int end)
    {
        fixed (byte* flow = _flow) return EndPoint(flow, end);
    }

    private IPEndPoint After(int end)
    {
        fixed (byte* flow = _rewritten) return EndPoint(flow, end);
    }

    private uint FlowClassOf()
    {
        fixed (byte* flow = _flow) return *(uint*)(flow + (2 * AddressBytes) + 4);
    }

    /// <summary>Both families' flows begin with the two addresses, and the two ports follow.</summary>
    private readonly IPEndPoint EndPoint(byte* flow, int end)
    {
        ushort portWire = ((ushort*)(flow + (2 * AddressBytes)))[end];
        return new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(flow + (end * AddressBytes), AddressBytes)), Be16.FromWire(portWire).Host);
    }
}
