using System.Runtime.InteropServices;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// The return nodes as features of pod-facing interfaces, before the look-up, so that routing sees the VIP as source; and the
/// node port nodes as features of packets to the node's own addresses, before the node's own delivery.
/// </summary>
internal static unsafe class FeatureRegistration
{
    /// <summary>IPv4 arc.</summary>
    public const string Arc4 = "ip4-unicast";

    /// <summary>IPv6 arc.</summary>
    public const string Arc6 = "ip6-unicast";

    /// <summary>IPv4 return node.</summary>
    public const string Return4 = "kp-nat4-in2out";

    /// <summary>IPv6 return node.</summary>
    public const string Return6 = "kp-nat6-in2out";

    /// <summary>Arc of IPv4 packets to the node's own addresses.</summary>
    public const string LocalArc4 = "ip4-local";

    /// <summary>Arc of IPv6 packets to the node's own addresses.</summary>
    public const string LocalArc6 = "ip6-local";

    /// <summary>IPv4 node port node.</summary>
    public const string NodePort4 = "kp4-nodeport";

    /// <summary>IPv6 node port node.</summary>
    public const string NodePort6 = "kp6-nodeport";

    /// <summary>Links all registrations into VPP's list (VNET_FEATURE_INIT does it in a constructor).</summary>
    public static void RegisterAll()
    {
        Register(Arc4, Return4, "ip4-lookup");
        Register(Arc6, Return6, "ip6-lookup");
        Register(LocalArc4, NodePort4, "ip4-local-end-of-arc");
        Register(LocalArc6, NodePort6, "ip6-local-end-of-arc");
    }

    /// <summary>Links one registration into VPP's list.</summary>
    public static void Register(string arc, string node, params ReadOnlySpan<string> before)
    {
        vnet_feature_registration_t* feature =
            (vnet_feature_registration_t*)NativeMemory.AllocZeroed((nuint)sizeof(vnet_feature_registration_t));
        feature->arc_name = NativeText.Forever(arc);
        feature->node_name = NativeText.Forever(node);
        feature->runs_before = NativeText.ForeverList(before);
        feature->next = VppProcess.Imports->FeatureMain->next_feature;
        VppProcess.Imports->FeatureMain->next_feature = feature;
    }
}
