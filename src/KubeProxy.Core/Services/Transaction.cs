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

    private Action? _route;
    private Action? _revertRoute;

    private Transaction(IDataPlane plane) => Change = new SnapshotChange(plane);

    /// <summary>The native pieces.</summary>
    public SnapshotChange Change { get; }

    /// <summary>VIP slots that change.</summary>
    public IReadOnlyList<uint> VipSlots { get; private set; } = [];

    /// <summary>What these slots hold afterwards; empty: no VIP.</summary>
    public NativeBlock VipEntry { get; private set; }

    /// <summary>Runs a change to its end, or undoes it and lets the exception through.</summary>
    public static void Run(IDataPlane plane, SnapshotStore store, Action<Transaction> prepare)
    {
        var transaction = new Transaction(plane);
        try
        {
            prepare(transaction);
            SnapshotStore.Staged staged = store.Stage(transaction.Change, transaction.VipSlots, transaction.VipEntry);
            transaction.ChangeRoute();
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

    /// <summary>Which VIP slots change, and to what.</summary>
    public void Stage(IReadOnlyList<uint> vipSlots, NativeBlock vipEntry)
    {
        VipSlots = vipSlots;
        VipEntry = vipEntry;
    }

    /// <summary>How to undo what was just done; the last is undone first.</summary>
    public void OnRollBack(Action undo) => _undo.Push(undo);

    /// <summary>The change of the routing table: done when all memory is there, just before the snapshot is published.</summary>
    public void Route(Action change, Action revert)
    {
        _route = change;
        _revertRoute = revert;
    }

    /// <summary>What to do once the snapshot is published, in this order. Must not throw.</summary>
    public void AfterPublish(Action step) => _afterPublish.Add(step);

    private void ChangeRoute()
    {
        if (_route is null) return;
        _route();
        OnRollBack(_revertRoute!);
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
