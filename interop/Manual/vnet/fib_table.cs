using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Fib
{
    /// <summary><c>fib_node_index_t fib_table_lookup (u32 fib_index, const fib_prefix_t *prefix)</c>: longest match.</summary>
    /// <param name="fib_index">Table.</param>
    /// <param name="prefix">Prefix.</param>
    /// <returns>The entry.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint fib_table_lookup(uint fib_index, fib_prefix_t* prefix);

    /// <summary><c>fib_node_index_t fib_table_lookup_exact_match (u32 fib_index, const fib_prefix_t *prefix)</c>.</summary>
    /// <param name="fib_index">Table.</param>
    /// <param name="prefix">Prefix.</param>
    /// <returns>The entry, or <see cref="Vpp.FIB_NODE_INDEX_INVALID"/>.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint fib_table_lookup_exact_match(uint fib_index, fib_prefix_t* prefix);

    /// <summary>
    /// <c>fib_node_index_t fib_table_entry_special_dpo_add (u32 fib_index, const fib_prefix_t *prefix, fib_source_t source, fib_entry_flag_t stype, const dpo_id_t *dpo)</c>.
    /// </summary>
    /// <param name="fib_index">Table.</param>
    /// <param name="prefix">Prefix.</param>
    /// <param name="source">Who adds it.</param>
    /// <param name="stype">Flags; FIB_ENTRY_FLAG_EXCLUSIVE for a DPO of ours.</param>
    /// <param name="dpo">What forwards it.</param>
    /// <returns>The entry.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint fib_table_entry_special_dpo_add(uint fib_index, fib_prefix_t* prefix, fib_source_t source, fib_entry_flag_t stype, dpo_id_t* dpo);

    /// <summary><c>void fib_table_entry_special_remove (u32 fib_index, const fib_prefix_t *prefix, fib_source_t source)</c>.</summary>
    /// <param name="fib_index">Table.</param>
    /// <param name="prefix">Prefix.</param>
    /// <param name="source">Who added it.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_table_entry_special_remove(uint fib_index, fib_prefix_t* prefix, fib_source_t source);

    /// <summary><c>u32 fib_table_find (fib_protocol_t proto, u32 table_id)</c>.</summary>
    /// <param name="proto">Family.</param>
    /// <param name="table_id">The user's number of the table.</param>
    /// <returns>The table, all ones when there is none.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint fib_table_find(fib_protocol_t proto, uint table_id);

    /// <summary><c>u32 fib_table_find_or_create_and_lock (fib_protocol_t proto, u32 table_id, fib_source_t source)</c>.</summary>
    /// <param name="proto">Family.</param>
    /// <param name="table_id">The user's number of the table.</param>
    /// <param name="source">Who locks it.</param>
    /// <returns>The table.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint fib_table_find_or_create_and_lock(fib_protocol_t proto, uint table_id, fib_source_t source);

    /// <summary><c>void fib_table_lock (u32 fib_index, fib_protocol_t proto, fib_source_t source)</c>: the table stays as long as a lock is held.</summary>
    /// <param name="fib_index">Table.</param>
    /// <param name="proto">Family.</param>
    /// <param name="source">Who locks it; locks of one source are counted.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_table_lock(uint fib_index, fib_protocol_t proto, fib_source_t source);

    /// <summary><c>void fib_table_unlock (u32 fib_index, fib_protocol_t proto, fib_source_t source)</c>.</summary>
    /// <param name="fib_index">Table.</param>
    /// <param name="proto">Family.</param>
    /// <param name="source">Who locked it.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void fib_table_unlock(uint fib_index, fib_protocol_t proto, fib_source_t source);

    /// <summary><c>u32 fib_table_get_index_for_sw_if_index (fib_protocol_t proto, u32 sw_if_index)</c>.</summary>
    /// <param name="proto">Family.</param>
    /// <param name="sw_if_index">Interface.</param>
    /// <returns>The table that the interface is in.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint fib_table_get_index_for_sw_if_index(fib_protocol_t proto, uint sw_if_index);
}
