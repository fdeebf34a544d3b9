using System.Net;

namespace KubeProxy.Core.Services;

/// <summary>What may be said about a service besides its name; null is "not said".</summary>
/// <param name="TargetPort">Port of the pods.</param>
/// <param name="TableLength">Slots of the Maglev table, a power of two (<c>new_len</c>).</param>
/// <param name="AffinitySeconds">How long a client address keeps its pod.</param>
/// <param name="NodePort">Port on the node's own addresses.</param>
/// <param name="Masquerade">The address that pods see instead of their clients'.</param>
/// <param name="IsMasqueradeForOutside">Only packets that do not come to the VIP's own prefix are masqueraded.</param>
/// <param name="IsTranslated">The pods are of the other family.</param>
public readonly record struct ServiceOptions(
    ushort? TargetPort,
    uint? TableLength,
    uint? AffinitySeconds = null,
    ushort? NodePort = null,
    IPAddress? Masquerade = null,
    bool IsMasqueradeForOutside = false,
    bool IsTranslated = false);
