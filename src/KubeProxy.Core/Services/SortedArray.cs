namespace KubeProxy.Core.Services;

/// <summary>
/// Few things in the order of their keys, in an array just as long: most services have a handful of pods and most VIPs one service,
/// where any collection would be larger than what it holds. A changed array is another one, so whoever walks through the old one goes on.
/// </summary>
internal static class SortedArray
{
    /// <summary>The array with one thing more.</summary>
    public static T[] With<T, TKey>(T[] sorted, T thing, Func<T, TKey> keyOf)
        where TKey : IComparable<TKey>
    {
        int place = Find(sorted, keyOf(thing), keyOf);
        if (place >= 0) throw new ArgumentException($"{keyOf(thing)} is there already", nameof(thing));
        T[] longer = new T[sorted.Length + 1];
        Array.Copy(sorted, longer, ~place);
        longer[~place] = thing;
        Array.Copy(sorted, ~place, longer, ~place + 1, sorted.Length - ~place);
        return longer;
    }

    /// <summary>The array without the thing that has a key, or the same one.</summary>
    public static T[] Without<T, TKey>(T[] sorted, TKey key, Func<T, TKey> keyOf)
        where TKey : IComparable<TKey>
    {
        int place = Find(sorted, key, keyOf);
        if (place < 0) return sorted;
        if (sorted.Length == 1) return [];
        T[] shorter = new T[sorted.Length - 1];
        Array.Copy(sorted, shorter, place);
        Array.Copy(sorted, place + 1, shorter, place, shorter.Length - place);
        return shorter;
    }

    /// <summary>Place of a key, or the complement of where it would be.</summary>
    public static int Find<T, TKey>(T[] sorted, TKey key, Func<T, TKey> keyOf)
        where TKey : IComparable<TKey>
    {
        (int low, int high) = (0, sorted.Length - 1);
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = keyOf(sorted[middle]).CompareTo(key);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }
}
