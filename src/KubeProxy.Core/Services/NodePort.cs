using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Services;

/// <summary>
/// The port under which a service is reached on every address of the node. To the workers it is a VIP with this one
/// service: it has a slot and a <see cref="Snapshots.VipEntry"/> of its own.
/// </summary>
public sealed class NodePort
{
    internal NodePort(ushort port, uint slot)
    {
        Port = port;
        Slot = slot;
    }

    /// <summary>The port in host order.</summary>
    public ushort Port { get; }

    /// <summary>Its slot in the snapshot, from the same numbers as those of VIPs.</summary>
    public uint Slot { get; }

    /// <summary>The published entry.</summary>
    internal NativeBlock Entry { get; set; }
}
