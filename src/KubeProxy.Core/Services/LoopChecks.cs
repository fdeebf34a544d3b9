using System.Net;

namespace KubeProxy.Core.Services;

/// <summary>
/// Refuses what would send a translated packet back to a VIP (invariant CFG-5): a VIP that covers a pod of its table or a
/// neighbour through which one is reached, whichever of the two comes first, and a route to a pod that leads to a VIP.
/// </summary>
internal static class LoopChecks
{
    private const string Loop = "would come back to the VIP for ever";

    // No VIP has this slot: the question is about next hops alone.
    private const uint NoVipSlot = uint.MaxValue;

    /// <summary>A VIP that is not there yet covers neither a pod nor a pod's next hop.</summary>
    public static void CheckVip(CatalogState state, VipKey vip)
    {
        if (state.Pods.FindAddressIn(vip) is IPAddress address)
            throw new CommandException($"VIP {vip} covers the pod {address}: packets to the pod {Loop}");
        CheckPaths(state, vip, NoVipSlot);
    }

    /// <summary>No pod's route leads through a VIP that was just installed.</summary>
    public static void CheckInstalled(CatalogState state, Vip vip) => CheckPaths(state, vip.Key, vip.Slot);

    /// <summary>No VIP of their table covers the addresses of pods.</summary>
    public static void CheckPods(CatalogState state, IReadOnlyList<IPAddress> addresses, uint table)
    {
        foreach (IPAddress address in addresses)
        {
            if (state.Vips.FindCovering(address, table) is not Vip covering) continue;
            throw new CommandException($"pod {address} is inside VIP {covering.Key}: its packets {Loop}");
        }
    }

    /// <summary>A pod that is followed is not reached through a VIP.</summary>
    public static void CheckPath(CatalogState state, Pod pod)
    {
        PodPath path = state.Plane.ReadPath(pod.Slot);
        if (path.VipSlot is uint slot && state.VipsBySlot.Find(slot) is Vip vip)
            throw new CommandException($"the route to pod {pod.Address} leads to VIP {vip.Key}: its packets {Loop}");
        foreach (IPAddress nextHop in path.NextHops)
        {
            if (state.Vips.FindCovering(nextHop, pod.Service.Vip.Table) is not Vip covering) continue;
            throw new CommandException($"pod {pod.Address} is reached through {nextHop}, which is inside VIP {covering.Key}: its packets {Loop}");
        }
    }

    private static void CheckPaths(CatalogState state, VipKey vip, uint vipSlot)
    {
        uint podSlot = state.Plane.FindPodThrough(vip, vipSlot);
        if (podSlot == 0) return;
        string pod = $"pod {state.Pods.Find(podSlot)?.Address}";
        foreach (IPAddress nextHop in state.Plane.ReadPath(podSlot).NextHops)
        {
            if (vip.Prefix.Contains(nextHop))
                throw new CommandException($"VIP {vip} covers {nextHop}, through which {pod} is reached: packets to the pod {Loop}");
        }

        throw new CommandException($"the route to {pod} would lead to VIP {vip}: packets to the pod {Loop}");
    }
}
