using System.Net;

namespace KubeProxy.Core.Services;

/// <summary>What the changes of a catalog work on.</summary>
internal sealed class CatalogState
{
    /// <summary>An empty catalog over a data plane; publishes the empty snapshot.</summary>
    public CatalogState(IDataPlane plane, CatalogLimits limits)
    {
        Plane = plane;
        Limits = limits;
        Store = new SnapshotStore(plane);
        Masquerades = new MasqueradeAddresses(plane);
        Translation = new FamilyTranslation(plane);
        Pods = new PodSlots(plane, Masquerades, limits.PodSlots);
        VipSlots = new SlotPool(0, limits.Vips);
        ServiceIndices = new SlotPool(0, limits.Services);
    }

    /// <summary>The program around the catalog.</summary>
    public IDataPlane Plane { get; }

    /// <summary>How much it may hold.</summary>
    public CatalogLimits Limits { get; }

    /// <summary>The published snapshot.</summary>
    public SnapshotStore Store { get; }

    /// <summary>VIPs by prefix and table.</summary>
    public VipTable Vips { get; } = new();

    /// <summary>VIPs by slot.</summary>
    public SlotTable<Vip> VipsBySlot { get; } = new();

    /// <summary>Services by index.</summary>
    public SlotTable<Service> ServicesByIndex { get; } = new();

    /// <summary>Addresses that services masquerade with.</summary>
    public MasqueradeAddresses Masquerades { get; }

    /// <summary>Translation between the families.</summary>
    public FamilyTranslation Translation { get; }

    /// <summary>Services by node port.</summary>
    public NodePorts NodePorts { get; } = new();

    /// <summary>Pod slots and records.</summary>
    public PodSlots Pods { get; }

    /// <summary>VIP slots: of VIPs and of node ports.</summary>
    public SlotPool VipSlots { get; }

    /// <summary>Service indices.</summary>
    public SlotPool ServiceIndices { get; }

    /// <summary>The VIP of this name, or an error that says it.</summary>
    public Vip FindVip(VipKey key) => Vips.Find(key) ?? throw new CommandException($"no VIP {key}");

    /// <summary>The VIP that has the services of the one of this name: itself, or the one that it is another address of.</summary>
    public Vip FindMain(VipKey key)
    {
        Vip vip = FindVip(key);
        return vip.SameAs ?? vip;
    }

    /// <summary>Refuses a VIP that is not there yet and cannot be: for its table, or for a loop.</summary>
    public void CheckNew(VipKey key)
    {
        Plane.CheckTable(key);
        LoopChecks.CheckVip(this, key);
    }

    /// <summary>Makes counters exist for every index and slot in use.</summary>
    public void EnsureCounters() => Plane.EnsureCounters(ServiceIndices.HighWater, Pods.HighWater);

    /// <summary>Runs a change; before it, numbers that no worker can meet any more become free.</summary>
    public void Run(Action<Transaction> prepare)
    {
        if (Plane.IsSettled)
        {
            VipSlots.Settle();
            ServiceIndices.Settle();
            Masquerades.Settle();
        }

        Transaction.Run(Plane, Store, prepare);
    }
}
