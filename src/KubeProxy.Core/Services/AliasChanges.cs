namespace KubeProxy.Core.Services;

/// <summary>
/// Further addresses of a VIP, such as the external addresses of a Service: each is a VIP of its own to clients and to
/// the routing table, and has the services, pods and counters of the first one. The snapshot's slots of all of them hold
/// the same entry, so a change of pods changes all in one publication.
/// </summary>
internal sealed class AliasChanges
{
    private readonly CatalogState _state;
    private readonly VipSteps _steps;

    /// <summary>Changes of one catalog.</summary>
    public AliasChanges(CatalogState state)
    {
        _state = state;
        _steps = new VipSteps(state);
    }

    /// <summary>Makes a prefix another address of a VIP, or of the VIP that it is another address of.</summary>
    public void Add(VipKey key, VipKey of)
    {
        AddressRules.CheckVip(key.Prefix);
        Vip vip = _state.FindMain(of);
        if (_state.Vips.Find(key) is not null) throw new CommandException($"VIP {key} is there already");
        if (vip.IsTranslated) throw new CommandException($"VIP {vip.Key} is {vip.NatWord}: such a VIP has no other address");
        if (vip.Family != key.Prefix.BaseAddress.AddressFamily) throw Mismatch(key, vip);
        _state.CheckNew(key);
        _state.Run(transaction =>
        {
            var alias = new Vip(key, _steps.TakeSlot(transaction), vip);
            transaction.Stage([alias.Slot], vip.Entry);
            _steps.Install(transaction, alias);
            transaction.AfterPublish(() => vip.AddAlias(alias));
        });
    }

    /// <summary>Takes a further address away that was named alone: a word about its services is refused.</summary>
    public void DeleteAlone(Vip alias, ServiceSelector selector, ServiceOptions options)
    {
        if (selector.Port is not null || selector.Protocol is not null || options != default)
            throw new CommandException($"VIP {alias.Key} is the same as VIP {alias.SameAs!.Key}: delete services there, or the whole address");
        Delete(alias);
    }

    /// <summary>Takes away what was added with the same words.</summary>
    public void Delete(VipKey key, VipKey of)
    {
        Vip alias = _state.FindVip(key);
        Vip vip = _state.FindMain(of);
        if (alias.SameAs != vip) throw new CommandException($"VIP {key} is not the same as VIP {vip.Key}");
        Delete(alias);
    }

    private void Delete(Vip alias) => _state.Run(transaction =>
    {
        transaction.Stage([alias.Slot], default);
        _steps.Remove(transaction, alias);
        transaction.AfterPublish(() =>
        {
            alias.SameAs!.RemoveAlias(alias);
            _state.Plane.ForgetSessions(alias.Key, alias.SameAs.Services.Select(service => service.Index).ToHashSet());
        });
    });

    private static CommandException Mismatch(VipKey key, Vip vip)
    {
        string family = Addresses.FamilyName(key.Prefix.BaseAddress.AddressFamily);
        return new($"VIP {key} is {family} and VIP {vip.Key} is {Addresses.FamilyName(vip.Family)}: they cannot have the same pods");
    }
}
