using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Fib
{
    /// <summary><c>fib_source_t fib_source_allocate (const char *name, fib_source_priority_t prio, fib_source_behaviour_t bh)</c>.</summary>
    /// <param name="name">Name, zero-terminated; VPP copies it.</param>
    /// <param name="prio">Between <see cref="Vpp.FIB_SOURCE_PRIORITY_HI"/> and <see cref="Vpp.FIB_SOURCE_PRIORITY_LOW"/>; the lower one wins.</param>
    /// <param name="bh">Behaviour.</param>
    /// <returns>The new source.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern fib_source_t fib_source_allocate(byte* name, byte prio, fib_source_behaviour_t bh);
}
