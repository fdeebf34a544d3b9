using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary>One thread's counter; only that thread writes it.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="thread_index">The thread.</param>
    /// <param name="index">Which counter.</param>
    /// <returns><c>&amp;cm->counters[thread_index][index]</c>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* vlib_simple_counter(vlib_simple_counter_main_t* cm, uint thread_index, uint index) => cm->counters[thread_index] + index;

    /// <summary>One thread's packets and bytes; only that thread writes them.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="thread_index">The thread.</param>
    /// <param name="index">Which counter.</param>
    /// <returns><c>&amp;cm->counters[thread_index][index]</c>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static vlib_counter_t* vlib_combined_counter(vlib_combined_counter_main_t* cm, uint thread_index, uint index) => cm->counters[thread_index] + index;

    /// <summary>Adds to one thread's counter.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="thread_index">The calling thread.</param>
    /// <param name="index">Which counter.</param>
    /// <param name="increment">How much.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void vlib_increment_simple_counter(vlib_simple_counter_main_t* cm, uint thread_index, uint index, ulong increment)
    {
        // my_counters = cm->counters[thread_index];   my_counters[index] += increment;
        *vlib_simple_counter(cm, thread_index, index) += increment;
    }

    /// <summary>Adds to one thread's counter.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="thread_index">The calling thread.</param>
    /// <param name="index">Which counter.</param>
    /// <param name="n_packets">How many packets.</param>
    /// <param name="n_bytes">How many bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void vlib_increment_combined_counter(vlib_combined_counter_main_t* cm, uint thread_index, uint index, ulong n_packets, ulong n_bytes)
    {
        // my_counters = cm->counters[thread_index];
        // my_counters[index].packets += n_packets;   my_counters[index].bytes += n_bytes;
        vlib_counter_t* counter = vlib_combined_counter(cm, thread_index, index);
        counter->packets += n_packets;
        counter->bytes += n_bytes;
    }

    /// <summary>The sum over all threads.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="index">Which counter.</param>
    /// <returns>The sum.</returns>
    public static ulong vlib_get_simple_counter(vlib_simple_counter_main_t* cm, uint index)
    {
        // for (i = 0; i < vec_len (cm->counters); i++) { my_counters = cm->counters[i]; v += my_counters[index]; }
        ulong v = 0;
        uint threads = Clib.vec_len(cm->counters);
        for (uint i = 0; i < threads; i++)
            v += *vlib_simple_counter(cm, i, index);

        return v;
    }

    /// <summary>The sum over all threads.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="index">Which counter.</param>
    /// <returns>The sums.</returns>
    public static vlib_counter_t vlib_get_combined_counter(vlib_combined_counter_main_t* cm, uint index)
    {
        // result->packets += counter->packets;   result->bytes += counter->bytes;      (for each thread)
        vlib_counter_t result = default;
        uint threads = Clib.vec_len(cm->counters);
        for (uint i = 0; i < threads; i++)
        {
            vlib_counter_t* counter = vlib_combined_counter(cm, i, index);
            result.packets += counter->packets;
            result.bytes += counter->bytes;
        }

        return result;
    }

    /// <summary>Sets a counter to 0 on every thread.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="index">Which counter.</param>
    public static void vlib_zero_simple_counter(vlib_simple_counter_main_t* cm, uint index)
    {
        // for (i = 0; i < vec_len (cm->counters); i++) { my_counters = cm->counters[i]; my_counters[index] = 0; }
        uint threads = Clib.vec_len(cm->counters);
        for (uint i = 0; i < threads; i++)
            *vlib_simple_counter(cm, i, index) = 0;
    }

    /// <summary>Sets a counter to 0 on every thread.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="index">Which counter.</param>
    public static void vlib_zero_combined_counter(vlib_combined_counter_main_t* cm, uint index)
    {
        // counter->packets = 0;   counter->bytes = 0;      (for each thread)
        uint threads = Clib.vec_len(cm->counters);
        for (uint i = 0; i < threads; i++)
            *vlib_combined_counter(cm, i, index) = default;
    }

    /// <summary><c>void vlib_validate_simple_counter (vlib_simple_counter_main_t *cm, u32 index)</c>: makes room; may move the counters, so under the barrier.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="index">The highest index.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_validate_simple_counter(vlib_simple_counter_main_t* cm, uint index);

    /// <summary><c>void vlib_validate_combined_counter (vlib_combined_counter_main_t *cm, u32 index)</c>: makes room; may move the counters, so under the barrier.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="index">The highest index.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_validate_combined_counter(vlib_combined_counter_main_t* cm, uint index);

    /// <summary><c>int vlib_validate_combined_counter_will_expand (vlib_combined_counter_main_t *cm, u32 index)</c>.</summary>
    /// <param name="cm">Counters.</param>
    /// <param name="index">The highest index.</param>
    /// <returns>Not 0 when making room moves the counters.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern int vlib_validate_combined_counter_will_expand(vlib_combined_counter_main_t* cm, uint index);

    /// <summary><c>void vlib_clear_simple_counters (vlib_simple_counter_main_t *cm)</c>.</summary>
    /// <param name="cm">Counters.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_clear_simple_counters(vlib_simple_counter_main_t* cm);

    /// <summary><c>void vlib_clear_combined_counters (vlib_combined_counter_main_t *cm)</c>.</summary>
    /// <param name="cm">Counters.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_clear_combined_counters(vlib_combined_counter_main_t* cm);
}
