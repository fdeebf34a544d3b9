using System.Net;

namespace KubeProxy.Core.Services;

/// <summary>A packet that is asked about: which flow, and where the configuration sends it.</summary>
/// <param name="Protocol">IANA protocol number.</param>
/// <param name="Client">Source address and port.</param>
/// <param name="Destination">Address and port of the service.</param>
/// <param name="VipSlot">Slot of the VIP that covers the destination.</param>
/// <param name="ServiceIndex">The service that it asks for.</param>
/// <param name="AffinitySeconds">The service's affinity; 0 without one or without a service.</param>
/// <param name="Table">The table that the packet is in.</param>
public readonly record struct ProbeRequest(
    byte Protocol, IPEndPoint Client, IPEndPoint Destination, uint VipSlot, uint ServiceIndex, uint AffinitySeconds, uint Table = 0)
{
    /// <summary>True when the VIP's pods are of the other family.</summary>
    public bool IsTranslated { get; init; }
}

/// <summary>What the nodes did with it.</summary>
/// <param name="DropReason">Why it is not translated, in the words of the counter; null when it is.</param>
/// <param name="PodSlot">The pod's slot; 0 without one.</param>
/// <param name="Rewritten">Destination of the packet afterwards, read from its bytes.</param>
/// <param name="Session">The session that was used, or null.</param>
/// <param name="IsRemembered">True when a new flow would be remembered.</param>
/// <param name="ChoiceHash">Hash with which the pod's table is entered.</param>
/// <param name="AffinityPodSlot">The pod that the client's affinity names; 0 without one.</param>
/// <param name="Source">Source of the packet afterwards, read from its bytes; null when nobody changed it.</param>
public sealed record ProbeView(
    string? DropReason, uint PodSlot, IPEndPoint Rewritten, SessionView? Session, bool IsRemembered, uint ChoiceHash, uint AffinityPodSlot = 0,
    IPEndPoint? Source = null);
