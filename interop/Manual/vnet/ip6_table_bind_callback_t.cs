using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>Who is told that an interface goes to another IPv6 table (vnet/ip/ip6.h), before it does.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct ip6_table_bind_callback_t
{
    /// <summary>Called with <c>im</c>, <c>opaque</c>, <c>sw_if_index</c>, <c>new_fib_index</c>, <c>old_fib_index</c>.</summary>
    public delegate* unmanaged[Cdecl]<ip6_main_t*, nuint, uint, uint, uint, void> function;

    /// <summary>Its second argument.</summary>
    public nuint function_opaque;
}
