using KubeProxy.Host.Vlib;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vnet;

/// <summary>One enabled feature of an interface, with the configuration words it was enabled with.</summary>
internal readonly record struct EnabledFeature(int Index, uint[] Config);

/// <summary>
/// A feature arc: an ordered list of nodes between a start node and an end node, of which each interface has some enabled.
/// A packet carries an index into the shared heap, where the words for its interface stand in a row:
/// <code>
/// [ next: start → f0 ][ config of f0 ... ][ next: f0 → f1 ][ config of f1 ... ] ... [ next: last → end ]
///   ^ config index of the interface       ^ where f0 finds its own words
/// </code>
/// </summary>
internal sealed unsafe class FeatureArc(string name, string startNode, string endNode)
{
    private readonly List<string> _nodes = [];
    private readonly Dictionary<uint, List<EnabledFeature>> _enabled = [];
    private readonly Dictionary<uint, uint> _configBySwIfIndex = [];
    private readonly Dictionary<string, uint> _known = new(StringComparer.Ordinal);

    internal string Name { get; } = name;

    internal IReadOnlyList<string> Nodes => _nodes;

    /// <summary>Fixes the order of the features.</summary>
    internal void SetNodes(IEnumerable<string> nodes) => _nodes.AddRange(nodes);

    internal int IndexOf(string node) => _nodes.IndexOf(node);

    internal bool IsEnabled(int feature, uint swIfIndex) =>
        _enabled.TryGetValue(swIfIndex, out List<EnabledFeature>? features) && features.Exists(f => f.Index == feature);

    /// <summary>Sends a packet to the interface's first feature, if it has any.</summary>
    internal void Start(uint swIfIndex, vlib_buffer_t* buffer, ref uint next)
    {
        if (!_configBySwIfIndex.TryGetValue(swIfIndex, out uint config))
            return;
        next = FeatureArcs.Heap[config];
        buffer->current_config_index = config + 1;
    }

    /// <summary>As in VPP, a feature that is enabled twice is passed twice and has to be disabled twice.</summary>
    internal void Enable(int feature, uint swIfIndex, uint[] config)
    {
        if (!_enabled.TryGetValue(swIfIndex, out List<EnabledFeature>? features))
            _enabled[swIfIndex] = features = [];
        int at = features.FindIndex(f => f.Index > feature);
        features.Insert(at < 0 ? features.Count : at, new EnabledFeature(feature, config));
        _configBySwIfIndex[swIfIndex] = FindOrWrite(features);
    }

    /// <summary>Disables what is enabled with the same configuration; anything else is no error, as in VPP.</summary>
    internal void Disable(int feature, uint swIfIndex, uint[] config)
    {
        if (!_enabled.TryGetValue(swIfIndex, out List<EnabledFeature>? features))
            return;
        int at = features.FindIndex(f => f.Index == feature && f.Config.AsSpan().SequenceEqual(config));
        if (at < 0)
            return;
        features.RemoveAt(at);
        if (features.Count == 0)
            _configBySwIfIndex.Remove(swIfIndex);
        else
            _configBySwIfIndex[swIfIndex] = FindOrWrite(features);
    }

    private uint FindOrWrite(List<EnabledFeature> features)
    {
        string key = string.Join('/', features.Select(f => $"{f.Index}:{string.Join(',', f.Config)}"));
        if (_known.TryGetValue(key, out uint index))
            return index;
        List<uint> words = [];
        GraphNode from = Graph.Find(startNode)!;
        foreach (EnabledFeature feature in features)
        {
            GraphNode to = Graph.Find(_nodes[feature.Index])!;
            words.Add(Graph.AddNext(from, to.Index));
            words.AddRange(feature.Config);
            from = to;
        }
        words.Add(Graph.AddNext(from, Graph.Find(endNode)!.Index));
        return _known[key] = FeatureArcs.Write(words);
    }
}
