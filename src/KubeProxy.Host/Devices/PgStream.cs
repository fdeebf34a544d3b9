using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Devices;

/// <summary>Packets of a file that an interface is to receive, over and over up to a limit.</summary>
internal sealed class PgStream(string name, Interface source, List<byte[]> packets, ulong limit, int maxFrame)
{
    private int _next;

    internal string Name { get; } = name;

    internal Interface Source { get; } = source;

    internal ulong Limit { get; } = limit;

    /// <summary>The most packets that the stream injects in one turn.</summary>
    internal int MaxFrame { get; } = maxFrame;

    internal ulong Sent { get; private set; }

    internal bool IsEnabled { get; private set; }

    /// <summary>Enabling starts the count anew.</summary>
    internal void Enable(bool isEnabled)
    {
        if (isEnabled && !IsEnabled)
        {
            Sent = 0;
            _next = 0;
        }
        IsEnabled = isEnabled && packets.Count > 0;
    }

    /// <summary>The next packet; false at the limit, where the stream stops.</summary>
    internal bool TryNext(out ReadOnlySpan<byte> packet)
    {
        packet = default;
        if (!IsEnabled)
            return false;
        packet = packets[_next];
        _next = _next + 1 == packets.Count ? 0 : _next + 1;
        Sent++;
        IsEnabled = Sent < Limit;
        return true;
    }
}
