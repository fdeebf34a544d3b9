using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>Owner of the published snapshot's root and pages; VIPs and services own their entries.</summary>
internal sealed unsafe class SnapshotStore
{
    private readonly IDataPlane _plane;
    private List<NativeBlock> _pages = [];
    private NativeBlock _root;

    /// <summary>Publishes an empty snapshot.</summary>
    public SnapshotStore(IDataPlane plane)
    {
        _plane = plane;
        var change = new SnapshotChange(plane);
        _root = BuildRoot(change, _pages, generation: 1);
        plane.Publish((Snapshot*)_root.Start);
    }

    /// <summary>The published snapshot.</summary>
    public Snapshot* Current => (Snapshot*)_root.Start;

    /// <summary>Builds the root and pages of the snapshot in which the VIP slots hold these entries (an empty one: no VIP).</summary>
    public Staged Stage(SnapshotChange change, IReadOnlyDictionary<uint, NativeBlock> slots)
    {
        var pages = new List<NativeBlock>(_pages);
        foreach (IGrouping<int, KeyValuePair<uint, NativeBlock>> onePage in slots.GroupBy(slot => (int)(slot.Key >> Snapshot.PageLengthLog2)))
        {
            while (pages.Count <= onePage.Key) pages.Add(default);
            NativeBlock oldPage = pages[onePage.Key];
            pages[onePage.Key] = BuildPage(change, oldPage, onePage.ToDictionary(slot => slot.Key & (Snapshot.PageLength - 1), slot => slot.Value));
            change.Replace(oldPage);
        }

        while (pages.Count > 0 && pages[^1].IsNull) pages.RemoveAt(pages.Count - 1);
        change.Replace(_root);
        return new Staged(BuildRoot(change, pages, Current->Generation + 1), pages);
    }

    /// <summary>Makes the staged snapshot the one that workers see.</summary>
    public void Publish(Staged staged)
    {
        _plane.Publish((Snapshot*)staged.Root.Start);
        _root = staged.Root;
        _pages = staged.Pages;
    }

    private static NativeBlock BuildPage(SnapshotChange change, NativeBlock oldPage, Dictionary<uint, NativeBlock> places)
    {
        if (places.Values.All(entry => entry.IsNull) && HoldsOnly(oldPage, places.Keys)) return default;
        NativeBlock page = change.Allocate(Snapshot.PageLength * (nuint)sizeof(void*), "a page of VIPs");
        if (!oldPage.IsNull) Buffer.MemoryCopy(oldPage.Start, page.Start, page.LengthBytes, oldPage.LengthBytes);
        foreach ((uint place, NativeBlock entry) in places) ((void**)page.Start)[place] = entry.Start;
        return page;
    }

    private static bool HoldsOnly(NativeBlock page, Dictionary<uint, NativeBlock>.KeyCollection places)
    {
        if (page.IsNull) return true;
        for (uint i = 0; i < Snapshot.PageLength; i++)
        {
            if (!places.Contains(i) && ((void**)page.Start)[i] != null) return false;
        }

        return true;
    }

    private static NativeBlock BuildRoot(SnapshotChange change, List<NativeBlock> pages, ulong generation)
    {
        NativeBlock root = change.Allocate(Snapshot.LengthBytes((uint)pages.Count), "the snapshot");
        var snapshot = (Snapshot*)root.Start;
        snapshot->Generation = generation;
        snapshot->PageCount = (uint)pages.Count;
        for (int i = 0; i < pages.Count; i++) Snapshot.Pages(snapshot)[i] = (VipEntry**)pages[i].Start;
        return root;
    }

    /// <summary>A snapshot that is built and not published.</summary>
    internal readonly record struct Staged(NativeBlock Root, List<NativeBlock> Pages);
}
