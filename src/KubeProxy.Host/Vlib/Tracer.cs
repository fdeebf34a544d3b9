using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>Packet traces: what each node wrote about each traced packet, and the text of <c>show trace</c>.</summary>
internal static unsafe class Tracer
{
    private const uint UnitBytes = 16;
    private const int ScratchBytes = 4096;
    private const uint IndexMask = 0x00ffffff;

    private readonly record struct Entry(ulong Time, uint NodeIndex, nint Data, int Bytes);

    private static readonly List<List<Entry>> Packets = [];
    private static readonly Dictionary<uint, uint> Remaining = [];
    private static readonly byte* Scratch = (byte*)NativeMemory.AlignedAlloc(ScratchBytes, 64);

    internal static void Add(uint nodeIndex, uint count)
    {
        Remaining[nodeIndex] = count == 0 ? 0 : Remaining.GetValueOrDefault(nodeIndex) + count;
        MainThread.Vm->trace_main.trace_enable = 1;
    }

    internal static void Clear()
    {
        foreach (Entry entry in Packets.SelectMany(p => p))
            NativeMemory.AlignedFree((void*)entry.Data);
        Packets.Clear();
        Remaining.Clear();
        MainThread.Vm->trace_main.trace_enable = 0;
    }

    /// <summary>Marks a packet that an input node received, if it is still to trace some. True if it is traced.</summary>
    internal static bool TryStart(uint nodeIndex, vlib_buffer_t* buffer)
    {
        uint left = Remaining.GetValueOrDefault(nodeIndex);
        if (left == 0)
            return false;
        Remaining[nodeIndex] = left - 1;
        buffer->flags |= Vpp.VLIB_BUFFER_IS_TRACED;
        buffer->trace_handle = (uint)Packets.Count;
        Packets.Add([]);
        return true;
    }

    /// <summary>Room for a node's note about a packet; for a packet that is not traced, room that nobody reads.</summary>
    internal static byte* Note(uint nodeIndex, vlib_buffer_t* buffer, uint bytes)
    {
        uint index = buffer->trace_handle & IndexMask;
        if ((buffer->flags & Vpp.VLIB_BUFFER_IS_TRACED) == 0 || MainThread.Vm->trace_main.trace_enable == 0 || index >= Packets.Count)
            return bytes <= ScratchBytes ? Scratch : throw new ArgumentOutOfRangeException(nameof(bytes));
        uint rounded = (bytes + UnitBytes - 1) & ~(UnitBytes - 1);
        byte* data = (byte*)NativeMemory.AlignedAlloc(Math.Max(rounded, UnitBytes), UnitBytes);
        NativeMemory.Clear(data, rounded);
        Packets[(int)index].Add(new Entry(MainThread.Vm->cpu_time_last_node_dispatch, nodeIndex, (nint)data, (int)bytes));
        return data;
    }

    /// <summary>For the host's own nodes: notes the first bytes of each traced packet of a frame.</summary>
    internal static void NoteFrame(vlib_node_runtime_t* node, vlib_frame_t* frame, delegate*<vlib_buffer_t*, Span<byte>, void> write, int bytes)
    {
        if ((node->flags & Vpp.VLIB_NODE_FLAG_TRACE) == 0)
            return;
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            if ((buffer->flags & Vpp.VLIB_BUFFER_IS_TRACED) != 0)
                write(buffer, new Span<byte>(Note(node->node_index, buffer, (uint)bytes), bytes));
        }
    }

    internal static string Show(int max)
    {
        StringBuilder text = new("------------------- Start of thread 0 vpp_main -------------------\n");
        if (Packets.Count == 0)
            text.Append("No packets in trace buffer\n");
        for (int i = 0; i < Packets.Count; i++)
        {
            if (i == max)
                return text.Append($"Limiting display to {max} packets. To display more specify max.").ToString();
            text.Append($"Packet {i + 1}\n");
            Show(Packets[i], text);
            text.Append("\n\n");
        }
        return text.ToString();
    }

    private static void Show(List<Entry> packet, StringBuilder text)
    {
        uint previous = Graph.InvalidIndex;
        foreach (Entry entry in packet)
        {
            GraphNode node = Graph.Get(entry.NodeIndex);
            if (entry.NodeIndex != previous)
                text.Append($"\n{Interval(entry.Time)}: {node.Name}");
            previous = entry.NodeIndex;
            text.Append("\n  ").Append(Format(node, entry));
        }
    }

    private static string Format(GraphNode node, Entry entry)
    {
        if (node.FormatTrace is { } format)
            return format(new ReadOnlySpan<byte>((void*)entry.Data, entry.Bytes));
        if (node.Node->format_trace != null)
            return FormatExports.Call(node.Node->format_trace, (nuint)MainThread.Vm, (nuint)node.Node, (nuint)entry.Data);
        return Convert.ToHexStringLower(new ReadOnlySpan<byte>((void*)entry.Data, entry.Bytes));
    }

    private static string Interval(ulong time)
    {
        double seconds = (time - MainThread.Vm->cpu_time_main_loop_start) * MainThread.Vm->clib_time.seconds_per_clock;
        TimeSpan span = TimeSpan.FromSeconds(seconds);
        return $"{(int)span.TotalHours:00}:{span.Minutes:00}:{span.Seconds:00}:{(span.Milliseconds * 1000) + span.Microseconds:000000}";
    }
}
