namespace KubeProxy.Core.Services;

/// <summary>
/// Numbers to give out and take back. Those that come back cool down until no worker can meet them in a replaced
/// snapshot, and are then given out again, longest free first; new ones only when there are none of these.
/// </summary>
internal sealed class SlotPool
{
    private readonly uint _limit;
    private readonly Queue<uint> _cooling = new();
    private readonly Queue<uint> _free = new();
    private readonly Stack<uint> _putBack = new();
    private uint _next;

    /// <summary>Numbers from <paramref name="first"/> up to but not including <paramref name="limit"/>.</summary>
    public SlotPool(uint first, uint limit)
    {
        _next = first;
        _limit = limit;
    }

    /// <summary>All numbers ever given out are below this one.</summary>
    public uint HighWater => _next;

    /// <summary>How many can be taken now.</summary>
    public uint AvailableCount => _limit - _next + (uint)_free.Count + (uint)_putBack.Count;

    /// <summary>Takes a number; false when none is left.</summary>
    public bool TryTake(out uint slot)
    {
        if (_putBack.TryPop(out slot) || _free.TryDequeue(out slot)) return true;
        if (_next == _limit) return false;
        slot = _next++;
        return true;
    }

    /// <summary>Undoes <see cref="TryTake"/>, the last first: the next ones taken are the same again.</summary>
    public void PutBack(uint slot) => _putBack.Push(slot);

    /// <summary>Gives back a number that workers may still meet.</summary>
    public void Release(uint slot) => _cooling.Enqueue(slot);

    /// <summary>Gives back a number that no worker can meet.</summary>
    public void ReleaseSettled(uint slot) => _free.Enqueue(slot);

    /// <summary>No worker can meet any number given back so far.</summary>
    public void Settle()
    {
        while (_cooling.TryDequeue(out uint slot)) _free.Enqueue(slot);
    }
}
