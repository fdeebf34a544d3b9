namespace KubeProxy.Core.Services;

/// <summary>
/// Things by number, where numbers are given out from 0 on and used again: eight bytes a number, in pages, so that it
/// never moves and never has one large block.
/// </summary>
internal sealed class SlotTable<T>
    where T : class
{
    private const int PageLengthLog2 = 10;
    private const uint PageMask = (1u << PageLengthLog2) - 1;
    private T?[]?[] _pages = [];

    /// <summary>Things in the table.</summary>
    public int Count { get; private set; }

    /// <summary>The thing with this number, or null.</summary>
    public T? Find(uint number)
    {
        uint page = number >> PageLengthLog2;
        return page < _pages.Length ? _pages[page]?[number & PageMask] : null;
    }

    /// <summary>Enters a thing under a number that nothing has.</summary>
    public void Add(uint number, T thing)
    {
        int page = (int)(number >> PageLengthLog2);
        if (page >= _pages.Length) Array.Resize(ref _pages, Math.Max(page + 1, 2 * _pages.Length));
        ref T? place = ref (_pages[page] ??= new T?[PageMask + 1])[number & PageMask];
        if (place is not null) throw new InvalidOperationException($"number {number} is taken");
        place = thing;
        Count++;
    }

    /// <summary>Takes the thing with a number out.</summary>
    public void Remove(uint number)
    {
        ref T? place = ref _pages[number >> PageLengthLog2]![number & PageMask];
        if (place is null) throw new InvalidOperationException($"number {number} is free");
        place = null;
        Count--;
    }
}
