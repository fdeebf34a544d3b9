using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>The packet graph: nodes, their names and their arcs, in VPP's structures.</summary>
internal static unsafe class Graph
{
    internal const uint InvalidIndex = uint.MaxValue;

    private const uint MaxNodes = 1024;
    private const uint RuntimeBytes = 128;
    private const int NodeTypes = 5;

    private static readonly List<GraphNode> All = [];
    private static readonly Dictionary<string, GraphNode> ByName = new(StringComparer.Ordinal);

    internal static IReadOnlyList<GraphNode> Nodes => All;

    internal static GraphNode Get(uint index) => All[(int)index];

    internal static GraphNode? Find(string name) => ByName.GetValueOrDefault(name);

    internal static void Initialize()
    {
        if (sizeof(vlib_node_runtime_t) > RuntimeBytes)
            throw new InvalidOperationException($"vlib_node_runtime_t has {sizeof(vlib_node_runtime_t)} bytes");
        vlib_node_main_t* main = &MainThread.Vm->node_main;
        main->nodes = (vlib_node_t**)Vec.CreatePointers(0, MaxNodes);
        for (int type = 0; type < NodeTypes; type++)
            Runtimes(type) = (vlib_node_runtime_t*)Vec.CreateRaw(0, MaxNodes, RuntimeBytes);
    }

    private static ref vlib_node_runtime_t* Runtimes(int type) => ref ((vlib_node_runtime_t**)&MainThread.Vm->node_main.nodes_by_type)[type];

    /// <summary>Registers one of the host's own nodes.</summary>
    internal static GraphNode RegisterHost(
        string name, delegate*<vlib_node_runtime_t*, vlib_frame_t*, void> function, string[] next, ErrorReason[] errors, TraceFormatter? trace = null)
    {
        vlib_node_t* node = NewNode(name, vlib_node_type_t.VLIB_NODE_TYPE_INTERNAL);
        GraphNode added = Add(name, node, trace);
        added.Managed = function;
        for (uint slot = 0; slot < next.Length; slot++)
            SetNextByName(added, slot, next[slot]);
        Errors.Register(added, errors);
        return added;
    }

    /// <summary>Registers a node that a plugin describes. The name may not be in use.</summary>
    internal static GraphNode? RegisterPlugin(string name, vlib_node_registration_t* registration)
    {
        if (ByName.ContainsKey(name))
            return null;
        if (registration->type is not (vlib_node_type_t.VLIB_NODE_TYPE_INTERNAL or vlib_node_type_t.VLIB_NODE_TYPE_SCHED))
            throw new InvalidOperationException($"node {name}: the embedded host runs internal and scheduled nodes, not type {registration->type}");
        if (registration->type == vlib_node_type_t.VLIB_NODE_TYPE_INTERNAL && registration->vector_size != sizeof(uint))
            throw new InvalidOperationException($"node {name}: vector_size is {registration->vector_size}, but a frame holds buffer indices of {sizeof(uint)} bytes");
        vlib_node_t* node = NewNode(name, registration->type);
        node->function = registration->function;
        node->format_trace = registration->format_trace;
        node->format_buffer = registration->format_buffer;
        node->flags = registration->flags;
        node->protocol_hint = registration->protocol_hint;
        GraphNode added = Add(name, node, null);
        added.Runtime->function = registration->function;
        added.Runtime->flags = registration->flags;
        CopyRuntimeData(added, registration);
        byte** names = (byte**)((byte*)registration + vlib_node_registration_t.next_nodes_offset);
        for (uint slot = 0; slot < registration->n_next_nodes; slot++)
            SetNextByName(added, slot, Marshal.PtrToStringUTF8((nint)names[slot])!);
        Errors.Register(added, registration);
        if (registration->sibling_of != null)
            Join(added, Text(registration->sibling_of));
        registration->index = added.Index;
        return added;
    }

    /// <summary>Makes a node the sibling of another: it has that one's next nodes, and what is added to one is added to all.</summary>
    private static void Join(GraphNode node, string name)
    {
        GraphNode other = Find(name) ?? throw new InvalidOperationException($"node {node.Name}: its sibling \"{name}\" does not exist");
        for (uint slot = 0; slot < Vec.Length(other.Node->next_nodes); slot++)
        {
            if (other.Node->next_nodes[slot] != InvalidIndex)
                Put(node, other.Node->next_nodes[slot], slot);
        }
        node.Siblings = other.Siblings ??= [other];
        node.Siblings.Add(node);
    }

    private static vlib_node_t* NewNode(string name, vlib_node_type_t type)
    {
        if (All.Count == MaxNodes)
            throw new InvalidOperationException($"the embedded host has room for {MaxNodes} graph nodes; \"{name}\" is one too many");
        vlib_node_t* node = (vlib_node_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_node_t));
        node->index = (uint)All.Count;
        node->type = type;
        node->name = Vec.FromStringTerminated(name);
        node->next_nodes = Vec.Create<uint>(0);
        return node;
    }

    private static GraphNode Add(string name, vlib_node_t* node, TraceFormatter? trace)
    {
        vlib_node_t** nodes = MainThread.Vm->node_main.nodes;
        nodes[All.Count] = node;
        Vec.SetLength(nodes, (uint)All.Count + 1);
        vlib_node_runtime_t* runtimes = Runtimes((int)node->type);
        node->runtime_index = Vec.Length(runtimes);
        vlib_node_runtime_t* runtime = (vlib_node_runtime_t*)((byte*)runtimes + (node->runtime_index * RuntimeBytes));
        Vec.SetLength(runtimes, node->runtime_index + 1);
        runtime->node_index = node->index;
        GraphNode added = new(name, node->index, node, runtime) { FormatTrace = trace };
        All.Add(added);
        ByName[name] = added;
        return added;
    }

    private static void CopyRuntimeData(GraphNode node, vlib_node_registration_t* registration)
    {
        if (registration->runtime_data == null)
            return;
        uint bytes = registration->runtime_data_bytes;
        byte* target = (byte*)node.Runtime + vlib_node_runtime_t.runtime_data_offset;
        if (vlib_node_runtime_t.runtime_data_offset + bytes > RuntimeBytes)
            throw new InvalidOperationException($"node {node.Name}: {bytes} bytes of runtime data do not fit");
        Buffer.MemoryCopy(registration->runtime_data, target, bytes, bytes);
    }

    private static void SetNextByName(GraphNode node, uint slot, string next)
    {
        if (ByName.TryGetValue(next, out GraphNode? target))
            AddNext(node, target.Index, slot);
        else
            node.UnresolvedNext[slot] = next;
    }

    /// <summary>Adds an arc and returns its slot; an arc that is there already keeps its slot, as in VPP.</summary>
    internal static uint AddNext(GraphNode node, uint nextIndex, uint slot = InvalidIndex)
    {
        uint existing = FindNext(node, nextIndex);
        if (existing != InvalidIndex && (slot == InvalidIndex || slot == existing))
            return existing;
        if (slot == InvalidIndex)
            slot = Math.Max(Vec.Length(node.Node->next_nodes), node.UnresolvedNext.Count == 0 ? 0 : node.UnresolvedNext.Keys.Max() + 1);
        foreach (GraphNode sibling in node.Siblings ?? [node])
            Put(sibling, nextIndex, slot);
        return slot;
    }

    private static void Put(GraphNode node, uint nextIndex, uint slot)
    {
        uint old = Vec.Length(node.Node->next_nodes);
        node.Node->next_nodes = Vec.Validate(node.Node->next_nodes, slot + 1);
        for (uint i = old; i < slot; i++)
            node.Node->next_nodes[i] = InvalidIndex;
        node.Node->next_nodes[slot] = nextIndex;
        node.Runtime->n_next_nodes = (ushort)Vec.Length(node.Node->next_nodes);
    }

    internal static uint FindNext(GraphNode node, uint nextIndex)
    {
        for (uint i = 0; i < Vec.Length(node.Node->next_nodes); i++)
        {
            if (node.Node->next_nodes[i] == nextIndex)
                return i;
        }
        return InvalidIndex;
    }

    /// <summary>Resolves the arcs to nodes that were registered later.</summary>
    /// <exception cref="InvalidOperationException">A next node does not exist.</exception>
    internal static void ResolveNames()
    {
        foreach (GraphNode node in All)
        {
            foreach ((uint slot, string next) in node.UnresolvedNext.OrderBy(n => n.Key))
            {
                if (!ByName.TryGetValue(next, out GraphNode? target))
                    throw new InvalidOperationException($"node {node.Name}: its next node \"{next}\" does not exist in the embedded host");
                AddNext(node, target.Index, slot);
            }
            node.UnresolvedNext.Clear();
        }
    }

    /// <summary>The text of a C string that may be a VPP vector as well.</summary>
    internal static string Text(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
