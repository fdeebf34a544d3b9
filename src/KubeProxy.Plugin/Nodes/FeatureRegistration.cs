using System.Runtime.InteropServices;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Nodes;

/// <summary>The return nodes as features of pod-facing interfaces: before the look-up, so that routing sees the VIP as source.</summary>
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

    /// <summary>Links both registrations into VPP's list (VNET_FEATURE_INIT does it in a constructor).</summary>
    public static void RegisterAll()
    {
        Register(Arc4, Return4, "ip4-lookup");
        Register(Arc6, Return6, "ip6-lookup");
    }

    private static void Register(string arc, string node, string before)
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
