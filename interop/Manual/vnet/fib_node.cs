using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Fib
{
    /// <summary><c>fib_node_type_t fib_node_register_new_type (const char *name, const fib_node_vft_t *vft)</c>.</summary>
    /// <param name="name">Name, zero-terminated; kept, not copied.</param>
    /// <param name="vft">The functions; VPP copies them.</param>
    /// <returns>The new type.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern fib_node_type_t fib_node_register_new_type(byte* name, fib_node_vft_t* vft);

    /// <summary><c>void fib_node_init (fib_node_t *node, fib_node_type_t ft)</c>.</summary>
    /// <param name="node">The node.</param>
    /// <param name="ft">Its type.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_node_init(fib_node_t* node, fib_node_type_t ft);

    /// <summary><c>void fib_node_deinit (fib_node_t *node)</c>.</summary>
    /// <param name="node">The node.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_node_deinit(fib_node_t* node);

    /// <summary><c>void fib_node_lock (fib_node_t *node)</c>.</summary>
    /// <param name="node">The node.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_node_lock(fib_node_t* node);

    /// <summary><c>void fib_node_unlock (fib_node_t *node)</c>: the last one calls the type's <c>fnv_last_lock</c>.</summary>
    /// <param name="node">The node.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_node_unlock(fib_node_t* node);
}
