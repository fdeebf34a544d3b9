using System.Collections.Concurrent;

namespace KubeProxy.Testbed;

/// <summary>
/// What must not outlive this program: hosts, namespaces, cables, folders. Each is taken away by its owner; what is still
/// there when the program ends, also by a signal, is taken away here.
/// </summary>
internal static class Leftovers
{
    private static readonly ConcurrentDictionary<IDisposable, byte> Owned = new(ReferenceEqualityComparer.Instance);

    static Leftovers() => AppDomain.CurrentDomain.ProcessExit += (_, _) => TakeAway();

    public static void Add(IDisposable thing) => Owned.TryAdd(thing, 0);

    public static void Remove(IDisposable thing) => Owned.TryRemove(thing, out _);

    private static void TakeAway()
    {
        foreach (IDisposable thing in Owned.Keys)
            thing.Dispose();
    }
}
