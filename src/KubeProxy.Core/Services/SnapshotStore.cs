using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>Owner of the published snapshot's root and pages; VIPs and services own their entries.</summary>
internal sealed unsafe class SnapshotStore
{
    private readonly IDataPlane _plane;
    private readonly List<NativeBlock> _pages = [];
    private NativeBlock _root;

    /// <summary>Publishes an empty snapshot.</summary>
    public SnapshotStore(IDataPlane plane)
    {
        _plane = plane;
        var change = new SnapshotChange(plane);
        _root = BuildRoot(change, [], generation: 1);
        plane.Publish((Snapshot*)_root.Start);
    }

    /// <summary>The published snapshot.</summary>
    public Snapshot* Current => (Snapshot*)_root.Start;

    /// <summary>Bytes of the root and the pages.</summary>
    public nuint UsedBytes
    {
        get
        {
            nuint bytes = _root.LengthBytes;
            foreach (NativeBlock page in _pages) bytes += page.LengthBytes;
            return bytes;
        }
    }

    /// <summary>Builds the root and pages of the snapshot in which the VIP slots hold these entries (an empty one: no VIP).</summary>
    public Staged Stage(SnapshotChange change, IReadOnlyDictionary<uint, NativeBlock> slots)
    {
        var pages = new Dictionary<int, NativeBlock>();
        foreach (int index in PagesOf(slots))
        {
            NativeBlock oldPage = PageAt(index);
            pages.Add(index, BuildPage(change, oldPage, index, slots));
            change.Replace(oldPage);
        }

        change.Replace(_root);
        return new Staged(BuildRoot(change, pages, Current->Generation + 1), pages);
    }

    /// <summary>Makes the staged snapshot the one that workers see.</summary>
    public void Publish(Staged staged)
    {
        _plane.Publish((Snapshot*)staged.Root.Start);
        _root = staged.Root;
        foreach ((int index, NativeBlock page) in staged.Pages)
        {
            while (_pages.Count <= index) _pages.Add(default);
            _pages[index] = page;
        }

        while (_pages.Count > 0 && _pages[^1].IsNull) _pages.RemoveAt(_pages.Count - 1);
    }

    private NativeBlock PageAt(int index) => index < _pages.Count ? _pages[index] : default;

    private static HashSet<int> PagesOf(IReadOnlyDictionary<uint, NativeBlock> slots)
    {
        var pages = new HashSet<int>();
        foreach (uint slot in slots.Keys) pages.Add((int)(slot >> Snapshot.PageLengthLog2));
        return pages;
    }

    private static NativeBlock BuildPage(SnapshotChange change, NativeBlock oldPage, int index, IReadOnlyDictionary<uint, NativeBlock> slots)
    {
        NativeBlock page = change.Allocate(Snapshot.PageLength * (nuint)sizeof(void*), "a page of VIPs");
        if (!oldPage.IsNull) Buffer.MemoryCopy(oldPage.Start, page.Start, page.LengthBytes, oldPage.LengthBytes);
        foreach ((uint slot, NativeBlock entry) in slots)
        {
            if (slot >> Snapshot.PageLengthLog2 == index) ((void**)page.Start)[slot & (Snapshot.PageLength - 1)] = entry.Start;
        }

        if (new Span<nint>(page.Start, (int)Snapshot.PageLength).ContainsAnyExcept((nint)0)) return page;
        change.TakeBack(page);
        return default;
    }

    /// <summary>The root over the pages in force, with these in place of some; null pages at the end are left out.</summary>
    private NativeBlock BuildRoot(SnapshotChange change, Dictionary<int, NativeBlock> changed, ulong generation)
    {
        int count = _pages.Count;
        foreach (int index in changed.Keys) count = Math.Max(count, index + 1);
        while (count > 0 && changed.GetValueOrDefault(count - 1, PageAt(count - 1)).IsNull) count--;
        NativeBlock root = change.Allocate(Snapshot.LengthBytes((uint)count), "the snapshot");
        var snapshot = (Snapshot*)root.Start;
        snapshot->Generation = generation;
        snapshot->PageCount = (uint)count;
        for (int i = 0; i < Math.Min(count, _pages.Count); i++) Snapshot.Pages(snapshot)[i] = (VipEntry**)_pages[i].Start;
        foreach ((int index, NativeBlock page) in changed)
            if (index < count) Snapshot.Pages(snapshot)[index] = (VipEntry**)page.Start;
        return root;
    }

    /// <summary>A snapshot that is built and not published: its root, and the pages that are not those in force by index.</summary>
    internal readonly record struct Staged(NativeBlock Root, Dictionary<int, NativeBlock> Pages);
}
