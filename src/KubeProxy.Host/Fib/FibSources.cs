using KubeProxy.Interop;

namespace KubeProxy.Host.Fib;

/// <summary>Who may install routes, and whose word counts: the lowest priority wins, then who registered first.</summary>
internal static class FibSources
{
    internal const byte Interface = (byte)fib_source_t.FIB_SOURCE_INTERFACE;
    internal const byte Cli = (byte)fib_source_t.FIB_SOURCE_CLI;
    internal const byte Neighbour = (byte)fib_source_t.FIB_SOURCE_ADJ;
    internal const byte Tracking = (byte)fib_source_t.FIB_SOURCE_RR;
    internal const byte DefaultRoute = (byte)fib_source_t.FIB_SOURCE_DEFAULT_ROUTE;

    private static readonly Dictionary<byte, (string Name, int Priority)> Known = new()
    {
        [Interface] = ("interface", 0x0300),
        [Cli] = ("CLI", 0x8100),
        [Neighbour] = ("adjacency", 0xd000),
        [Tracking] = ("recursive-resolution", 0xfb00),
        [DefaultRoute] = ("default-route", 0xfd00),
    };

    private static byte _next = (byte)fib_source_t.FIB_SOURCE_LAST + 1;

    internal static byte Allocate(string name, byte priorityClass)
    {
        int slot = Known.Values.Count(s => s.Priority >> 8 == priorityClass);
        Known[_next] = (name, (priorityClass << 8) | slot);
        return _next++;
    }

    internal static int Priority(byte source) => Known[source].Priority;

    internal static string Name(byte source) => Known[source].Name;
}
