using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary>The buffer indices of a frame.</summary>
    /// <param name="f">A frame.</param>
    /// <returns>Its <see cref="vlib_frame_t.n_vectors"/> buffer indices.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint* vlib_frame_vector_args(vlib_frame_t* f)
    {
        // ASSERT (f->vector_offset);   return (void *) f + f->vector_offset;
        return (uint*)((byte*)f + f->vector_offset);
    }

    /// <summary>A node of this thread's graph.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="i">Node index.</param>
    /// <returns>The node.</returns>
    public static vlib_node_t* vlib_get_node(vlib_main_t* vm, uint i)
    {
        // return vec_elt (vm->node_main.nodes, i);
        return vm->node_main.nodes[i];
    }

    /// <summary>This thread's runtime data of a node that is not a process.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="node_index">Node index.</param>
    /// <returns>The runtime data; null for a process node.</returns>
    public static vlib_node_runtime_t* vlib_node_get_runtime(vlib_main_t* vm, uint node_index)
    {
        // vlib_node_t *n = vec_elt (nm->nodes, node_index);
        // if (n->type != VLIB_NODE_TYPE_PROCESS)
        //   return vec_elt_at_index (nm->nodes_by_type[n->type], n->runtime_index);
        vlib_node_t* n = vlib_get_node(vm, node_index);
        if (n->type == vlib_node_type_t.VLIB_NODE_TYPE_PROCESS)
            return null;

        return vm->node_main.nodes_by_type[(int)n->type] + n->runtime_index;
    }

    /// <summary><c>VLIB_NODE_RUNTIME_DATA_SIZE</c>: bytes that a node may call its own.</summary>
    public const int VLIB_NODE_RUNTIME_DATA_SIZE = 56;

    /// <summary>The node's own bytes in its runtime data.</summary>
    /// <param name="r">Runtime data of a node.</param>
    /// <returns><c>r->runtime_data</c>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* vlib_node_runtime_data(vlib_node_runtime_t* r) => (byte*)r + vlib_node_runtime_t.runtime_data_offset;

    /// <summary>Adds to a counter of a node's <c>error_counters</c>.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="node_index">Node index.</param>
    /// <param name="counter_index">The node's own counter number.</param>
    /// <param name="increment">How many.</param>
    public static void vlib_node_increment_counter(vlib_main_t* vm, uint node_index, uint counter_index, ulong increment)
    {
        // vlib_node_t *n = vlib_get_node (vm, node_index);   vlib_error_main_t *em = &vm->error_main;
        // u32 node_counter_base_index = n->error_heap_index;
        // em->counters[node_counter_base_index + counter_index] += increment;
        vm->error_main.counters[vlib_get_node(vm, node_index)->error_heap_index + counter_index] += increment;
    }

    /// <summary>The names of a registration's next nodes: <see cref="vlib_node_registration_t.n_next_nodes"/> of them, in memory that follows the struct.</summary>
    /// <param name="r">A registration.</param>
    /// <returns><c>r->next_nodes</c>.</returns>
    public static byte** vlib_node_registration_next_nodes(vlib_node_registration_t* r) => (byte**)((byte*)r + vlib_node_registration_t.next_nodes_offset);

    /// <summary><c>u32 vlib_register_node (vlib_main_t *vm, vlib_node_registration_t *r, char *fmt, ...)</c> with one pointer, for <c>"%s"</c>.</summary>
    /// <param name="vm">The main thread's main.</param>
    /// <param name="r">The registration; VPP keeps what it points to.</param>
    /// <param name="fmt">Format, zero-terminated.</param>
    /// <param name="name">Name, zero-terminated.</param>
    /// <returns>Node index.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint vlib_register_node(vlib_main_t* vm, vlib_node_registration_t* r, byte* fmt, byte* name);

    /// <summary><c>vlib_node_t *vlib_get_node_by_name (vlib_main_t *vm, u8 *name)</c>.</summary>
    /// <param name="vm">The main thread's main.</param>
    /// <param name="name">Name, zero-terminated.</param>
    /// <returns>The node, or null.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern vlib_node_t* vlib_get_node_by_name(vlib_main_t* vm, byte* name);

    /// <summary><c>uword vlib_node_add_next_with_slot (vlib_main_t *vm, uword node, uword next_node, uword slot)</c>.</summary>
    /// <param name="vm">The main thread's main.</param>
    /// <param name="node">Node index.</param>
    /// <param name="next_node">Node index of the new next.</param>
    /// <param name="slot">Wanted next index; all ones for any.</param>
    /// <returns>The next index.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern nuint vlib_node_add_next_with_slot(vlib_main_t* vm, nuint node, nuint next_node, nuint slot);

    /// <summary>Adds a next in any slot.</summary>
    /// <param name="vm">The main thread's main.</param>
    /// <param name="node">Node index.</param>
    /// <param name="next_node">Node index of the new next.</param>
    /// <returns>The next index.</returns>
    public static nuint vlib_node_add_next(vlib_main_t* vm, nuint node, nuint next_node)
    {
        // return vlib_node_add_next_with_slot (vm, node, next_node, ~0);      (the slot is a uword: 0xffffffffffffffff)
        return vlib_node_add_next_with_slot(vm, node, next_node, nuint.MaxValue);
    }
}
