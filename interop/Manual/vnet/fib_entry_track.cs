using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Fib
{
    /// <summary>
    /// <c>fib_node_index_t fib_entry_track (u32 fib_index, const fib_prefix_t *prefix, fib_node_type_t child_type, index_t child_index, u32 *sibling)</c>.
    /// </summary>
    /// <param name="fib_index">Table.</param>
    /// <param name="prefix">What to follow.</param>
    /// <param name="child_type">Type of the node that is told about changes.</param>
    /// <param name="child_index">Its index.</param>
    /// <param name="sibling">Receives what <see cref="fib_entry_untrack"/> wants.</param>
    /// <returns>The entry.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint fib_entry_track(uint fib_index, fib_prefix_t* prefix, fib_node_type_t child_type, uint child_index, uint* sibling);

    /// <summary><c>void fib_entry_untrack (fib_node_index_t fei, u32 sibling)</c>.</summary>
    /// <param name="fei">What <see cref="fib_entry_track"/> returned.</param>
    /// <param name="sibling">What it wrote.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_entry_untrack(uint fei, uint sibling);
}
