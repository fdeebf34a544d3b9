namespace KubeProxy.Testbed;

/// <summary>
/// What must not outlive this program: hosts, namespaces, cables, folders. Each is taken away by its owner; what is still
/// there when the program ends, also by a signal, is taken away here, the youngest first.
/// </summary>
internal static class Leftovers
{
    private static readonly List<IDisposable> Owned = [];
    private static bool _isEnding;

    static Leftovers() => AppDomain.CurrentDomain.ProcessExit += (_, _) => TakeAway();

    /// <summary>Takes note of a thing that exists from now on. A program that is ending makes no new things.</summary>
    public static void Add(IDisposable thing)
    {
        lock (Owned)
        {
            if (!_isEnding)
            {
                Owned.Add(thing);
                return;
            }
        }

        thing.Dispose();
        throw new OperationCanceledException("the program is ending");
    }

    public static void Remove(IDisposable thing)
    {
        lock (Owned)
            Owned.Remove(thing);
    }

    private static void TakeAway()
    {
        while (Last() is { } thing)
        {
            try
            {
                thing.Dispose();
            }
            catch (Exception exception)
            {
                Console.Error.WriteLine($"could not take away {thing}: {exception.Message}");
            }
        }
    }

    private static IDisposable? Last()
    {
        lock (Owned)
        {
            _isEnding = true;
            if (Owned.Count == 0)
                return null;
            IDisposable last = Owned[^1];
            Owned.RemoveAt(Owned.Count - 1);
            return last;
        }
    }
}
