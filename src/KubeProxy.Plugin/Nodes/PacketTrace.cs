using System.Net;
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

/// <summary>One packet in <c>show trace</c>: what arrived, what became of it. Written by value, read when everything may be gone.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PacketTrace : ITrace
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
    private byte _icmpType;
    private byte _icmpCode;
    private byte _isDiverted;

    /// <summary>Where the names of services come from; set when the catalog is there.</summary>
    public static ServiceCatalog? Catalog { get; set; }

    /// <summary>Records every traced packet of a frame, after the pipeline has run.</summary>
    /// <param name="vm">The thread.</param>
    /// <param name="node">The node.</param>
    /// <param name="frame">The thread's scratch.</param>
    /// <param name="count">Number of packets.</param>
    /// <param name="isForward">Direction of the traffic.</param>
    /// <param name="leaves">Five-tuples that translated packets leave with, or null: what the packets say.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Record<TFamily, TSession, TFlow>(
        vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count, bool isForward, TFlow* leaves = null)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        if (isForward) ForwardPath<TFamily, TSession, TFlow>.Show(&Threads.States[vm->thread_index].Worker, &frame->Batch, count);
        else ReturnPath<TFamily, TSession, TFlow>.Show(&frame->Batch, count);
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            bool isElsewhere = frame->Batch.Session[i] == (byte)Core.Pipeline.SessionUse.OtherFamily;
            if ((buffer->flags & Vpp.VLIB_BUFFER_IS_TRACED) == 0 || isElsewhere) continue;
            PacketTrace* trace = (PacketTrace*)Vlib.vlib_add_trace(vm, node, buffer, (uint)sizeof(PacketTrace));
            *trace = default;
            trace->_isIp6 = typeof(TFamily) == typeof(Ip6Family) ? (byte)1 : (byte)0;
            trace->_isForward = isForward ? (byte)1 : (byte)0;
            trace->_outcome = frame->Batch.Outcome[i];
            trace->_session = frame->Batch.Session[i];
            if (trace->_outcome == (byte)Outcome.Fragment) trace->_isDiverted = frame->Diverted[i];
            if (isForward && Refusal.IsAnswered((Outcome)trace->_outcome)) trace->_rejection = frame->Rejection[i];
            if (trace->_session == (byte)Core.Pipeline.SessionUse.None) continue;

            trace->_podSlot = frame->Batch.PodSlot[i];
            PodRecord* pod = Threads.States[vm->thread_index].Worker.Shared->Pods + trace->_podSlot;
            trace->_serviceIndex = pod->ServiceIndex;
            *(TFlow*)trace->_flow = PacketBatch.FlowsOf<TFlow>(&frame->Batch)[i];
            byte* packet = (byte*)frame->Batch.Packet[i];
            if (trace->_session == (byte)Core.Pipeline.SessionUse.Quoted) RecordError<TSession, TFlow>(trace, TFamily.L4(packet), pod);
            else if (leaves != null) *(TFlow*)trace->_rewritten = leaves[i];
            else _ = OtherPath<TFamily, TSession, TFlow>.ParseAny(packet, frame->Batch.Available[i], isAnswer: !isForward, (TFlow*)trace->_rewritten);
        }
    }

    /// <summary>Of an ICMP error: type, code, the client's flow that it is about, and, as the source of an answer to it, the pod.</summary>
    private static void RecordError<TSession, TFlow>(PacketTrace* trace, byte* icmp, PodRecord* pod)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        trace->_icmpType = icmp[0];
        trace->_icmpCode = icmp[1];
        *(TFlow*)trace->_rewritten = TSession.Return((TFlow*)trace->_flow, pod);
    }

    /// <inheritdoc/>
    public string Describe(string nodeName)
    {
        if (_session == (byte)Core.Pipeline.SessionUse.None)
            return $"{nodeName}: {DescribeUntranslated()}";
        if (_session == (byte)Core.Pipeline.SessionUse.Quoted) return $"{nodeName}: {DescribeError()}";

        string session = (Core.Pipeline.SessionUse)_session switch
        {
            Core.Pipeline.SessionUse.Existing => "hit",
            Core.Pipeline.SessionUse.First => "new",
            _ => "untracked",
        };
        (FlowEnds before, FlowEnds after) = Ends();
        IPAddress pod = _isForward != 0 ? after.Destination.Address : before.Source.Address;
        string first = $"{nodeName}: {before} service {ServiceWords(_isForward != 0 ? before.Destination : after.Source)} pod {pod} session {session}";
        return first + Change("source", before.SourceText, after.SourceText) + Change("destination", before.DestinationText, after.DestinationText);
    }

    private readonly string DescribeUntranslated()
    {
        if (_isDiverted != 0) return "fragment, to virtual reassembly";
        if (_isForward == 0) return "no session, passed on untouched";
        string reason = DropCounters.All[_outcome].Text;
        return _rejection == 0 ? $"drop: {reason}" : $"{DropCounters.All[(int)DropCounters.PlaceOf((Rejection)_rejection)].Text} ({reason})";
    }

    private string DescribeError()
    {
        (FlowEnds flow, FlowEnds answer) = Ends();
        string place = $"service {ServiceWords(flow.Destination)} pod {answer.Source}";
        return $"icmp error type {_icmpType} code {_icmpCode} for {flow} {place} sent on to the {(_isForward != 0 ? "pod" : "client")}";
    }

    private (FlowEnds Before, FlowEnds After) Ends()
    {
        fixed (byte* flow = _flow, rewritten = _rewritten) return (FlowEnds.Read(flow, _isIp6 != 0), FlowEnds.Read(rewritten, _isIp6 != 0));
    }

    private static string Change(string name, string from, string to) => from == to ? string.Empty : $"\n    {name} {from} -> {to}";

    /// <summary>
    /// The service by its words, if the index still belongs to a service that is reached where the client addressed it, by its
    /// VIP or by its node port; otherwise the index.
    /// </summary>
    private readonly string ServiceWords(IPEndPoint addressed)
    {
        Service? service = Catalog?.FindService(_serviceIndex);
        return service != null && (service.Vip.IsReachedAt(addressed.Address) || service.NodePort?.Port == addressed.Port)
            ? $"{service.Vip.Key} {service.Key.Words}"
            : $"#{_serviceIndex} (deleted)";
    }
}
