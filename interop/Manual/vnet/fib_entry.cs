using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Fib
{
    /// <summary><c>void fib_entry_contribute_forwarding (fib_node_index_t fib_entry_index, fib_forward_chain_type_t type, dpo_id_t *dpo)</c>.</summary>
    /// <param name="fib_entry_index">Entry.</param>
    /// <param name="type">What kind of packets.</param>
    /// <param name="dpo">Receives what forwards them, locked; zero before its first use, reset after.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_entry_contribute_forwarding(uint fib_entry_index, fib_forward_chain_type_t type, dpo_id_t* dpo);

    /// <summary><c>int fib_entry_is_resolved (fib_node_index_t fib_entry_index)</c>.</summary>
    /// <param name="fib_entry_index">Entry.</param>
    /// <returns>Not 0 when it forwards.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern int fib_entry_is_resolved(uint fib_entry_index);
}
