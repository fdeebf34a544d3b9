namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>Which packets' clocks are read.</summary>
internal enum Way
{
    /// <summary>Client to pod, flows that have sessions.</summary>
    Forward,

    /// <summary>Pod to client.</summary>
    Return,

    /// <summary>Client to pod and pod to client, half and half, flows that have sessions.</summary>
    Both,

    /// <summary>Client to pod, the first packet of every flow.</summary>
    NewFlows,

    /// <summary>Packets to neighbours that are no service's, with and without ours in the same VPP.</summary>
    OthersForward,

    /// <summary>Packets from neighbours that are no service's, with and without our return feature on the same interface.</summary>
    OthersReturn,

    /// <summary>Client to pod, flows that have sessions, while a pod of their service comes and goes.</summary>
    Churn,
}

/// <summary>Ways in words.</summary>
internal static class WayText
{
    public static string Title(this Way way) => way switch
    {
        Way.Forward => "client to pod",
        Way.Return => "pod to client",
        Way.Both => "both directions, half and half",
        Way.NewFlows => "client to pod, new flows",
        Way.OthersForward => "to neighbours of no service",
        Way.OthersReturn => "from neighbours of no service",
        Way.Churn => "client to pod, while a pod comes and goes",
        _ => throw new ArgumentOutOfRangeException(nameof(way)),
    };
}
