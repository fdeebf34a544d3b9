using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Fib
{
    /// <summary><c>const dpo_id_t *load_balance_get_bucket (index_t lbi, u32 bucket)</c>.</summary>
    /// <param name="lbi">Index of a load-balance.</param>
    /// <param name="bucket">Bucket.</param>
    /// <returns>The DPO in it.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern dpo_id_t* load_balance_get_bucket(uint lbi, uint bucket);

    /// <summary>A load-balance.</summary>
    /// <param name="load_balance_pool">The value of the datum <c>load_balance_pool</c>: it moves when it grows, under the barrier.</param>
    /// <param name="lbi">Its index.</param>
    /// <returns>The load-balance.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static load_balance_t* load_balance_get(load_balance_t* load_balance_pool, uint lbi)
    {
        // return (pool_elt_at_index(load_balance_pool, lbi));
        return load_balance_pool + lbi;
    }

    /// <summary>The DPO in a bucket.</summary>
    /// <param name="lb">A load-balance.</param>
    /// <param name="bucket">Bucket, less than <see cref="load_balance_t.lb_n_buckets"/>.</param>
    /// <returns>The DPO in it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static dpo_id_t* load_balance_get_bucket_i(load_balance_t* lb, uint bucket)
    {
        // #define LB_HAS_INLINE_BUCKETS(_lb) ((_lb)->lb_n_buckets <= LB_NUM_INLINE_BUCKETS)
        // if (PREDICT_TRUE(LB_HAS_INLINE_BUCKETS(lb))) return (&lb->lb_buckets_inline[bucket]);
        // else                                         return (&lb->lb_buckets[bucket]);
        return lb->lb_n_buckets <= Vpp.LB_NUM_INLINE_BUCKETS ? (dpo_id_t*)&lb->lb_buckets_inline + bucket : lb->lb_buckets + bucket;
    }
}
