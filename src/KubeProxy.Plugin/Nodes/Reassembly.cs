using System.Runtime.InteropServices;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// The way of fragments through VPP's shallow virtual reassembly, which finds the ports of each, and back:
/// <code>
///   kp4-nat4 ───────▶ ip4-sv-reassembly-feature ─▶ kp4-nat4-fragment
///   kp-nat4-in2out ─▶ ip4-sv-reassembly-feature ─▶ kp-nat4-in2out-fragment ─▶ next feature
/// </code>
/// VPP's node is made to be a feature: it sends a packet on by the packet's place on a feature arc. So each way back is an arc of
/// its own, which begins at VPP's node and has the plugin's node as its only feature. One interface that always exists has the
/// feature on; where its arc begins is where a diverted packet is put. The node for custom applications would do for IPv4 with one
/// worker only: it hands fragments over to a node that is not custom, and its IPv6 twin drops every first fragment.
/// </summary>
internal static unsafe class Reassembly
{
    /// <summary>IPv4 forward node of fragments, and its arc.</summary>
    public const string Forward4 = "kp4-nat4-fragment";

    /// <summary>IPv6 forward node of fragments, and its arc.</summary>
    public const string Forward6 = "kp6-nat6-fragment";

    /// <summary>IPv4 return node of fragments, and its arc.</summary>
    public const string Return4 = "kp-nat4-in2out-fragment";

    /// <summary>IPv6 return node of fragments, and its arc.</summary>
    public const string Return6 = "kp-nat6-in2out-fragment";

    /// <summary>Forward node of fragments to pods over IPv4, and its arc.</summary>
    public const string Nat64 = "kp6-nat4-fragment";

    /// <summary>VPP's IPv4 node.</summary>
    public const string Node4 = "ip4-sv-reassembly-feature";

    /// <summary>VPP's IPv6 node.</summary>
    public const string Node6 = "ip6-sv-reassembly-feature";

    /// <summary>local0, which VPP makes at its start and never deletes.</summary>
    private const uint LocalInterface = 0;

    private static vnet_feature_arc_registration_t* _forward4;
    private static vnet_feature_arc_registration_t* _forward6;
    private static vnet_feature_arc_registration_t* _return4;
    private static vnet_feature_arc_registration_t* _return6;
    private static vnet_feature_arc_registration_t* _nat64;
    private static uint _startForward4;
    private static uint _startForward6;
    private static uint _startReturn4;
    private static uint _startReturn6;
    private static uint _startNat64;

    /// <summary>True when the host has virtual reassembly; where it has none, fragments go no way at all.</summary>
    public static bool IsThere { get; private set; }

    /// <summary>Registers the ways back, before VPP puts the arcs together. The nodes are there.</summary>
    public static void RegisterArcs()
    {
        _forward4 = Register(Forward4, Node4);
        _forward6 = Register(Forward6, Node6);
        _return4 = Register(Return4, Node4);
        _return6 = Register(Return6, Node6);
        _nat64 = Register(Nat64, Node6);
    }

    /// <summary>Opens the ways, if they are registered, once VPP has put the arcs together and before any worker runs.</summary>
    public static void Open()
    {
        if (_forward4 == null) return;
        _startForward4 = Start(_forward4);
        _startForward6 = Start(_forward6);
        _startReturn4 = Start(_return4);
        _startReturn6 = Start(_return6);
        _startNat64 = Start(_nat64);
        IsThere = true;
    }

    /// <summary>Puts a client's fragment on its way; the slot of its VIP stays where the look-up has put it.</summary>
    public static void DivertForward(vlib_buffer_t* buffer, bool isIp6) => buffer->current_config_index = isIp6 ? _startForward6 : _startForward4;

    /// <summary>Puts a client's fragment on its way that goes to a pod over IPv4.</summary>
    public static void DivertNat64(vlib_buffer_t* buffer) => buffer->current_config_index = _startNat64;

    /// <summary>
    /// Puts a pod's fragment on its way. Its place on the arc that it comes from is kept where the look-up, which is yet to come,
    /// will put an adjacency, beside what reassembly writes.
    /// </summary>
    public static void DivertReturn(vlib_buffer_t* buffer, bool isIp6)
    {
        Vnet.vnet_buffer(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX] = buffer->current_config_index;
        buffer->current_config_index = isIp6 ? _startReturn6 : _startReturn4;
    }

    /// <summary>Puts a pod's fragment back to its place on the arc that it came from.</summary>
    public static void Resume(vlib_buffer_t* buffer) =>
        buffer->current_config_index = Vnet.vnet_buffer(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX];

    private static vnet_feature_arc_registration_t* Register(string way, string startNode)
    {
        vnet_feature_main_t* features = VppProcess.Imports->FeatureMain;
        vnet_feature_arc_registration_t* arc =
            (vnet_feature_arc_registration_t*)NativeMemory.AllocZeroed((nuint)sizeof(vnet_feature_arc_registration_t));
        arc->arc_name = NativeText.Forever(way);
        arc->start_nodes = NativeText.ForeverList(startNode);
        arc->last_in_arc = arc->arc_name;
        arc->next = features->next_arc;
        features->next_arc = arc;
        FeatureRegistration.Register(way, way);
        return arc;
    }

    /// <summary>Where an arc begins that has its only feature on, which is named as the arc is.</summary>
    private static uint Start(vnet_feature_arc_registration_t* arc)
    {
        int error = Vnet.vnet_feature_enable_disable(arc->arc_name, arc->arc_name, LocalInterface, 1, null, 0);
        if (error != 0) throw new InvalidOperationException($"VPP has no way back from virtual reassembly: error {error}");
        return VppProcess.Imports->FeatureMain->feature_config_mains[arc->feature_arc_index].config_index_by_sw_if_index[LocalInterface];
    }
}
