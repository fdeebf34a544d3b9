using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Nodes;

namespace KubeProxy.Plugin.Routes;

/// <summary>
/// The node port nodes on the arcs of packets to the node's own addresses: on every interface, loopbacks and
/// sub-interfaces included, while there is a node port, and on none otherwise. VPP starts these arcs by the interface that
/// has the address, which may be another than the one that the packet came in by.
/// </summary>
internal static unsafe class NodePortFeature
{
    private static bool _isOn;

    /// <summary>Puts the nodes on the arcs of all interfaces, or takes them off.</summary>
    public static void Switch(bool enable)
    {
        vnet_main_t* vnet = Vnet.vnet_get_main();
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        uint count = Clib.vec_len(vnet->interface_main.sw_interfaces);
        for (uint index = 0; index < count; index++)
            if (Vnet.vnet_get_sw_interface_or_null(vnet, index) != null) Set(index, enable);
        _isOn = enable;
    }

    /// <summary>An interface has just been made. One that is deleted loses its features by itself.</summary>
    public static void OnAdded(uint interfaceIndex)
    {
        if (!_isOn) return;
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Set(interfaceIndex, enable: true);
    }

    /// <summary>VPP refuses only arcs and nodes that it does not know; then the start of the plugin has failed already.</summary>
    private static void Set(uint index, bool enable)
    {
        int error = Interfaces.SetFeature(FeatureRegistration.LocalArc4, FeatureRegistration.NodePort4, index, enable);
        if (error == 0) error = Interfaces.SetFeature(FeatureRegistration.LocalArc6, FeatureRegistration.NodePort6, index, enable);
        if (error != 0) throw new CommandException($"VPP refused node ports on interface {index}: error {error}");
    }
}
