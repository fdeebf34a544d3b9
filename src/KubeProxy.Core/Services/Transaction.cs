using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Services;

/// <summary>
/// One change of the configuration, all or nothing: everything that can fail is done first and remembers how to be
/// undone, memory before routes; then the snapshot is published; then follow steps that cannot fail.
/// </summary>
internal sealed class Transaction
{
    private readonly Stack<Action> _undo = new();
    private readonly List<Action> _afterPublish = [];
    private readonly List<(Action Change, Action Revert)> _routes = [];
    private readonly Dictionary<uint, NativeBlock> _slots = [];

    private Transaction(IDataPlane plane) => Change = new SnapshotChange(plane);

    /// <summary>The native pieces.</summary>
    public SnapshotChange Change { get; }

    /// <summary>Runs a change to its end, or undoes it and lets the exception through.</summary>
    public static void Run(IDataPlane plane, SnapshotStore store, Action<Transaction> prepare)
    {
        var transaction = new Transaction(plane);
        try
        {
            prepare(transaction);
            SnapshotStore.Staged staged = store.Stage(transaction.Change, transaction._slots);
            transaction.ChangeRoutes();
            store.Publish(staged);
        }
        catch
        {
            transaction.RollBack();
            throw;
        }

        foreach (Action step in transaction._afterPublish) step();
        transaction.Change.RetireReplaced();
    }

    /// <summary>What VIP slots hold afterwards; an empty entry: nothing. Every slot is staged once at most.</summary>
    public void Stage(IReadOnlyList<uint> vipSlots, NativeBlock vipEntry)
    {
        foreach (uint slot in vipSlots) _slots.Add(slot, vipEntry);
    }

    /// <summary>How to undo what was just done; the last is undone first.</summary>
    public void OnRollBack(Action undo) => _undo.Push(undo);

    /// <summary>
    /// A change of where packets are sent: done when all memory is there, just before the snapshot is published, in the order
    /// of the calls.
    /// </summary>
    public void Route(Action change, Action revert) => _routes.Add((change, revert));

    /// <summary>What to do once the snapshot is published, in this order. Must not throw.</summary>
    public void AfterPublish(Action step) => _afterPublish.Add(step);

    private void ChangeRoutes()
    {
        foreach ((Action change, Action revert) in _routes)
        {
            change();
            OnRollBack(revert);
        }
    }

    // One step that cannot be undone must not keep the others from it.
    private void RollBack()
    {
        while (_undo.TryPop(out Action? undo))
        {
            try
            {
                undo();
            }
            catch (CommandException)
            {
                continue;
            }
        }

        Change.GiveUp();
    }
}
