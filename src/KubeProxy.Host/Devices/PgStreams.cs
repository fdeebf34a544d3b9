using KubeProxy.Host.Nodes;
using KubeProxy.Host.Vlib;

namespace KubeProxy.Host.Devices;

/// <summary>The packet generator's streams, by name.</summary>
internal static class PgStreams
{
    private static readonly Dictionary<string, PgStream> Known = new(StringComparer.Ordinal);

    private static InputNode _input = null!;

    internal static IEnumerable<PgStream> All => Known.Values;

    internal static bool AnyEnabled => Known.Values.Any(s => s.IsEnabled);

    internal static void Initialize() => _input = InputNode.Register("pg-input");

    internal static PgStream? Find(string name) => Known.GetValueOrDefault(name);

    internal static bool TryAdd(PgStream stream) => Known.TryAdd(stream.Name, stream);

    internal static bool TryRemove(string name) => Known.Remove(name);

    /// <summary>One frame from each enabled stream into the graph.</summary>
    internal static void Poll()
    {
        foreach (PgStream stream in Known.Values)
        {
            for (int i = 0; i < stream.MaxFrame && BufferPool.Available > Dispatcher.FrameSize; i++)
            {
                if (!stream.TryNext(out ReadOnlySpan<byte> packet))
                    break;
                _input.TryReceive(stream.Source, packet);
            }
        }
    }
}
