using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vnet;

/// <summary>The arcs that the host has, and the features that a plugin linked into feature_main before they are fixed.</summary>
internal static unsafe class FeatureArcs
{
    private const uint HeapWords = 65536;

    private static readonly List<FeatureArc> Arcs = [];

    internal static uint* Heap => HostData.Features->shared_feature_config_heap;

    internal static void Initialize() => HostData.Features->shared_feature_config_heap = Vec.Create<uint>(0, HeapWords);

    internal static FeatureArc Add(string name, string startNode, string endNode)
    {
        FeatureArc arc = new(name, startNode, endNode);
        Arcs.Add(arc);
        return arc;
    }

    internal static FeatureArc? Find(string name) => Arcs.Find(a => a.Name == name);

    internal static uint Write(List<uint> words)
    {
        uint index = Vec.Length(Heap);
        if (index + words.Count > HeapWords)
            throw new InvalidOperationException("the heap of feature configurations is full");
        CollectionsMarshal.AsSpan(words).CopyTo(new Span<uint>(Heap + index, words.Count));
        Vec.SetLength(Heap, index + (uint)words.Count);
        return index;
    }

    /// <summary>What VPP's vnet_feature_init does: gives every registered feature its place on its arc.</summary>
    /// <exception cref="InvalidOperationException">A feature has no node, or the order has a circle.</exception>
    internal static void Collect()
    {
        Dictionary<FeatureArc, List<nint>> byArc = Arcs.ToDictionary(a => a, _ => new List<nint>());
        for (vnet_feature_registration_t* r = HostData.Features->next_feature; r != null; r = r->next)
        {
            string arcName = Graph.Text(r->arc_name);
            string node = Graph.Text(r->node_name);
            FeatureArc arc = Find(arcName) ?? throw new InvalidOperationException($"feature {node}: the embedded host has no arc \"{arcName}\"");
            if (Graph.Find(node) is null)
                throw new InvalidOperationException($"feature {node} has no node");
            byArc[arc].Add((nint)r);
        }
        foreach ((FeatureArc arc, List<nint> registrations) in byArc)
            Order(arc, registrations);
    }

    private static void Order(FeatureArc arc, List<nint> registrations)
    {
        List<nint> sorted = [];
        while (registrations.Count > 0)
        {
            nint first = registrations.Find(r => !registrations.Exists(other => other != r && MustRunBefore(other, r)));
            if (first == 0)
                throw new InvalidOperationException($"the features of arc {arc.Name} wait for each other");
            registrations.Remove(first);
            sorted.Add(first);
        }
        arc.SetNodes(sorted.Select(Name));
        for (int i = 0; i < sorted.Count; i++)
        {
            vnet_feature_registration_t* registration = (vnet_feature_registration_t*)sorted[i];
            registration->feature_index = (uint)i;
            if (registration->feature_index_ptr != null)
                *registration->feature_index_ptr = (uint)i;
        }
    }

    private static string Name(nint registration) => Graph.Text(((vnet_feature_registration_t*)registration)->node_name);

    private static bool MustRunBefore(nint a, nint b) =>
        Contains(((vnet_feature_registration_t*)a)->runs_before, Name(b)) || Contains(((vnet_feature_registration_t*)b)->runs_after, Name(a));

    private static bool Contains(byte** names, string name)
    {
        for (int i = 0; names != null && names[i] != null; i++)
        {
            if (Graph.Text(names[i]) == name)
                return true;
        }
        return false;
    }
}
