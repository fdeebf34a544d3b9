using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>Counter vectors of one thread. Validating grows the vector and leaves the counts as they are, as in VPP.</summary>
internal static unsafe class CounterExports
{
    private const uint Threads = 1;

    [UnmanagedCallersOnly(EntryPoint = "vlib_validate_simple_counter", CallConvs = [typeof(CallConvCdecl)])]
    internal static void ValidateSimple(vlib_simple_counter_main_t* counters, uint index)
    {
        if (counters->counters == null)
            counters->counters = (ulong**)Vec.CreatePointers(Threads);
        counters->counters[0] = Vec.Validate(counters->counters[0], index + 1);
    }

    [UnmanagedCallersOnly(EntryPoint = "vlib_validate_combined_counter", CallConvs = [typeof(CallConvCdecl)])]
    internal static void ValidateCombined(vlib_combined_counter_main_t* counters, uint index)
    {
        if (counters->counters == null)
            counters->counters = (vlib_counter_t**)Vec.CreatePointers(Threads);
        counters->counters[0] = Vec.Validate(counters->counters[0], index + 1);
    }
}
