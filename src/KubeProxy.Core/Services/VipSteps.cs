namespace KubeProxy.Core.Services;

/// <summary>Putting a VIP into the routing table and the catalog, and taking it out: steps of a transaction.</summary>
internal sealed class VipSteps
{
    private readonly CatalogState _state;

    /// <summary>Steps of one catalog.</summary>
    public VipSteps(CatalogState state) => _state = state;

    /// <summary>A number for a new VIP.</summary>
    public uint TakeSlot(Transaction transaction)
    {
        if (!_state.VipSlots.TryTake(out uint slot)) throw new CommandException($"no room for another VIP: the limit is {_state.Limits.Vips} VIPs");
        transaction.OnRollBack(() => _state.VipSlots.PutBack(slot));
        return slot;
    }

    /// <summary>The VIP's packets come to the nodes, and the catalog knows it.</summary>
    public void Install(Transaction transaction, Vip vip)
    {
        transaction.Route(() => InstallUnlessLoop(vip), () => RemoveRoute(vip));
        transaction.AfterPublish(() =>
        {
            _state.Vips.Add(vip);
            _state.VipsBySlot.Add(vip.Slot, vip);
        });
    }

    /// <summary>The prefix is the routing table's again, and the catalog has forgotten the VIP.</summary>
    public void Remove(Transaction transaction, Vip vip)
    {
        transaction.Route(() => RemoveRoute(vip), () => InstallRoute(vip));
        transaction.AfterPublish(() =>
        {
            _state.Vips.Remove(vip);
            _state.VipsBySlot.Remove(vip.Slot);
            _state.VipSlots.Release(vip.Slot);
        });
    }

    // A route with several steps shows only now that it leads through the VIP.
    private void InstallUnlessLoop(Vip vip)
    {
        InstallRoute(vip);
        try
        {
            LoopChecks.CheckInstalled(_state, vip);
        }
        catch
        {
            RemoveRoute(vip);
            throw;
        }
    }

    private void InstallRoute(Vip vip)
    {
        _state.Plane.InstallVip(vip.Slot, vip.Key, vip.IsTranslated);
        _state.Translation.CountUp(vip);
    }

    private void RemoveRoute(Vip vip)
    {
        _state.Plane.RemoveVip(vip.Slot, vip.Key);
        _state.Translation.CountDown(vip);
    }
}
