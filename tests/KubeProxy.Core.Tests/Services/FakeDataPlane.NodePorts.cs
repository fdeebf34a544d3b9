using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Node ports: a packet may follow each call at once, so each is checked against what is published.</summary>
internal sealed unsafe partial class FakeDataPlane
{
    /// <summary>Whether packets to the node's own addresses ask for node ports.</summary>
    public bool AsksForNodePorts { get; private set; }

    /// <summary>VIP slots by node port.</summary>
    public SortedDictionary<(AddressFamily Family, byte Protocol, ushort Port), uint> NodePorts { get; } = [];

    public void SwitchNodePorts(bool enable)
    {
        FailHere($"SwitchNodePorts {enable}");
        _stops.Stop();
        Assert.Empty(NodePorts);
        Assert.NotEqual(enable, AsksForNodePorts);
        AsksForNodePorts = enable;
    }

    public void InstallNodePort(uint vipSlot, AddressFamily family, byte protocol, ushort port)
    {
        Log.Add($"InstallNodePort {vipSlot} {family} {protocol} {port}");
        Assert.True(AsksForNodePorts);
        VipEntry* entry = Snapshot.FindVip(Published, vipSlot);
        Assert.True(entry != null && VipEntry.IsOutside(entry, vipSlot) && VipEntry.FindKey(entry, VipEntry.Key(protocol, Be16.FromHost(port).Wire)) != null);
        NodePorts.Add((family, protocol, port), vipSlot);
    }

    public void RemoveNodePort(AddressFamily family, byte protocol, ushort port)
    {
        Log.Add($"RemoveNodePort {family} {protocol} {port}");
        Assert.True(NodePorts.Remove((family, protocol, port)));
    }
}
