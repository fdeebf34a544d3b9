using System.Net;

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
    public void Add(IPNetwork prefix, IPNetwork of)
    {
        AddressRules.CheckVip(prefix);
        Vip vip = _state.FindMain(of);
        if (_state.Vips.Find(prefix) is not null) throw new CommandException($"VIP {prefix} is there already");
        if (vip.IsTranslated) throw new CommandException($"VIP {vip.Prefix} is {vip.NatWord}: such a VIP has no other address");
        if (vip.Family != prefix.BaseAddress.AddressFamily) throw Mismatch(prefix, vip);
        LoopChecks.CheckVip(_state, prefix);
        _state.Run(transaction =>
        {
            var alias = new Vip(prefix, _steps.TakeSlot(transaction), vip);
            transaction.Stage([alias.Slot], vip.Entry);
            _steps.Install(transaction, alias);
            transaction.AfterPublish(() => vip.Aliases.Add(alias));
        });
    }

    /// <summary>Takes a further address away that was named alone: a word about its services is refused.</summary>
    public void DeleteAlone(Vip alias, ServiceSelector selector, ServiceOptions options)
    {
        if (selector.Port is not null || selector.Protocol is not null || options != default)
            throw new CommandException($"VIP {alias.Prefix} is the same as VIP {alias.SameAs!.Prefix}: delete services there, or the whole address");
        Delete(alias);
    }

    /// <summary>Takes away what was added with the same words.</summary>
    public void Delete(IPNetwork prefix, IPNetwork of)
    {
        Vip alias = _state.FindVip(prefix);
        Vip vip = _state.FindMain(of);
        if (alias.SameAs != vip) throw new CommandException($"VIP {prefix} is not the same as VIP {vip.Prefix}");
        Delete(alias);
    }

    private void Delete(Vip alias) => _state.Run(transaction =>
    {
        transaction.Stage([alias.Slot], default);
        _steps.Remove(transaction, alias);
        transaction.AfterPublish(() =>
        {
            alias.SameAs!.Aliases.Remove(alias);
            _state.Plane.ForgetSessions(alias.Prefix, alias.SameAs.Services.Select(service => service.Index).ToHashSet());
        });
    });

    private static CommandException Mismatch(IPNetwork prefix, Vip vip)
    {
        string family = Addresses.FamilyName(prefix.BaseAddress.AddressFamily);
        return new($"VIP {prefix} is {family} and VIP {vip.Prefix} is {Addresses.FamilyName(vip.Family)}: they cannot have the same pods");
    }
}
