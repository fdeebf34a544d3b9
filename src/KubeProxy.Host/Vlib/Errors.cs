using System.Runtime.InteropServices;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>One counted reason of one node.</summary>
internal readonly record struct ErrorCount(string Node, string Reason, string Severity, ulong Count);

/// <summary>VPP's error counters: one heap of counters, of which every node has a piece; node->errors[code] is the place in the heap.</summary>
internal static unsafe class Errors
{
    private const uint MaxCounters = 4096;

    private static vlib_error_main_t* Main => &MainThread.Vm->error_main;

    /// <summary>The heap never moves, for nodes point into it.</summary>
    internal static void Initialize()
    {
        Main->counters = Vec.Create<ulong>(0, MaxCounters);
        Main->counters_last_clear = Vec.Create<ulong>(0, MaxCounters);
        Main->counters_heap = Vec.Create<vlib_error_desc_t>(0, MaxCounters);
    }

    internal static void Register(GraphNode node, ErrorReason[] reasons)
    {
        vlib_error_desc_t* descriptions = stackalloc vlib_error_desc_t[Math.Max(reasons.Length, 1)];
        for (int i = 0; i < reasons.Length; i++)
        {
            descriptions[i].name = descriptions[i].desc = Vec.FromStringTerminated(reasons[i].Text);
            descriptions[i].severity = reasons[i].IsInfo ? vl_counter_severity_e.VL_COUNTER_SEVERITY_INFO : vl_counter_severity_e.VL_COUNTER_SEVERITY_ERROR;
        }
        Register(node, descriptions, (uint)reasons.Length);
    }

    internal static void Register(GraphNode node, vlib_node_registration_t* registration)
    {
        uint count = registration->n_errors;
        if (registration->error_counters != null)
        {
            Register(node, registration->error_counters, count);
            return;
        }
        vlib_error_desc_t* descriptions = stackalloc vlib_error_desc_t[(int)Math.Max(count, 1)];
        for (uint i = 0; i < count; i++)
        {
            descriptions[i].name = descriptions[i].desc = registration->error_strings[i];
            descriptions[i].severity = vl_counter_severity_e.VL_COUNTER_SEVERITY_ERROR;
        }
        Register(node, descriptions, count);
    }

    private static void Register(GraphNode node, vlib_error_desc_t* descriptions, uint count)
    {
        uint start = Vec.Length(Main->counters);
        if (start + count > MaxCounters)
            throw new InvalidOperationException($"node {node.Name}: the embedded host has room for {MaxCounters} error counters");
        Main->counters = Vec.Validate(Main->counters, start + count);
        Main->counters_last_clear = Vec.Validate(Main->counters_last_clear, start + count);
        Main->counters_heap = Vec.Validate(Main->counters_heap, start + count);
        node.Node->n_errors = (ushort)count;
        node.Node->error_heap_index = start;
        node.Node->error_counters = Main->counters_heap + start;
        node.Runtime->errors = Vec.Create<ushort>(count);
        for (uint i = 0; i < count; i++)
        {
            Main->counters_heap[start + i] = descriptions[i];
            node.Runtime->errors[i] = (ushort)(start + i);
        }
    }

    internal static void Increment(ushort error, ulong count = 1)
    {
        if (error < Vec.Length(Main->counters))
            Main->counters[error] += count;
    }

    /// <summary>"node: reason" of an error number, for traces.</summary>
    internal static string Describe(ushort error)
    {
        foreach (GraphNode node in Graph.Nodes)
        {
            if (error >= node.Node->error_heap_index && error < node.Node->error_heap_index + node.Node->n_errors)
                return $"{node.Name}: {Marshal.PtrToStringUTF8((nint)Main->counters_heap[error].desc)}";
        }
        return $"error {error}";
    }

    internal static void Clear()
    {
        for (uint i = 0; i < Vec.Length(Main->counters); i++)
            Main->counters_last_clear[i] = Main->counters[i];
    }

    /// <summary>All counts since the last clear that are not zero, in node order.</summary>
    internal static IEnumerable<ErrorCount> Counts() => Graph.Nodes.SelectMany(Counts);

    private static List<ErrorCount> Counts(GraphNode node)
    {
        List<ErrorCount> counts = [];
        for (uint i = node.Node->error_heap_index; i < node.Node->error_heap_index + node.Node->n_errors; i++)
        {
            ulong count = Main->counters[i] - Main->counters_last_clear[i];
            vlib_error_desc_t* description = Main->counters_heap + i;
            if (count != 0)
                counts.Add(new ErrorCount(node.Name, Marshal.PtrToStringUTF8((nint)description->desc)!, Severity(description), count));
        }
        return counts;
    }

    private static string Severity(vlib_error_desc_t* description) => description->severity switch
    {
        vl_counter_severity_e.VL_COUNTER_SEVERITY_ERROR => "error",
        vl_counter_severity_e.VL_COUNTER_SEVERITY_WARN => "warn",
        vl_counter_severity_e.VL_COUNTER_SEVERITY_INFO => "info",
        _ => "unknown",
    };
}
