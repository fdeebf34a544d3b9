using KubeProxy.Core.Memory;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Workers;

/// <summary>
/// Frees what workers may still be reading (invariant CFG-1): a block is free when every worker has begun two turns of
/// its main loop since the block was replaced. The main thread is not inside a node when it runs a command.
/// </summary>
internal sealed unsafe class Reclaimer(NativeAllocator allocator, uint threadCount)
{
    private readonly Queue<Retired> _queue = new();
    private uint[] _latest = [];

    /// <summary>True when nothing waits.</summary>
    public bool IsSettled
    {
        get
        {
            Collect();
            return _queue.Count == 0;
        }
    }

    /// <summary>Frees a block when it is safe.</summary>
    public void Retire(NativeBlock block)
    {
        if (!IsLatest(_latest)) _latest = ReadTurns();
        _queue.Enqueue(new Retired(block, _latest));
        Collect();
    }

    private void Collect()
    {
        while (_queue.TryPeek(out Retired retired) && HavePassed(retired.Turns))
        {
            retired.Block.Free(allocator);
            _ = _queue.Dequeue();
        }
    }

    // The pieces of one change are replaced within a turn: they share what it was.
    private static bool IsLatest(uint[] turns)
    {
        for (uint i = 1; i < turns.Length; i++)
            if (Turn(i) != turns[i]) return false;
        return turns.Length != 0;
    }

    private uint[] ReadTurns()
    {
        uint[] turns = new uint[threadCount];
        for (uint i = 1; i < threadCount; i++) turns[i] = Turn(i);
        return turns;
    }

    private bool HavePassed(uint[] turns)
    {
        for (uint i = 1; i < threadCount; i++)
            if (Turn(i) - turns[i] < 2) return false;
        return true;
    }

    private static uint Turn(uint thread) => Volatile.Read(ref VppProcess.Thread(thread)->main_loop_count);

    private readonly record struct Retired(NativeBlock Block, uint[] Turns);
}
