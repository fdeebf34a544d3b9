using KubeProxy.Interop;

namespace KubeProxy.Plugin.Routes;

/// <summary>The plugin as a source of FIB entries: VIP routes win over routes of every routing protocol.</summary>
internal static unsafe class FibSource
{
    /// <summary>FIB_SOURCE_PRIORITY_HI of vnet/fib/fib_source.h.</summary>
    private const byte PriorityHigh = 0x10;

    /// <summary>Index of table 0 of either family.</summary>
    public const uint DefaultTable = 0;

    /// <summary>Allocates the source.</summary>
    public static fib_source_t Allocate()
    {
        fixed (byte* name = "kube-proxy"u8)
            return Fib.fib_source_allocate(name, PriorityHigh, fib_source_behaviour_t.FIB_SOURCE_BH_SIMPLE);
    }
}
