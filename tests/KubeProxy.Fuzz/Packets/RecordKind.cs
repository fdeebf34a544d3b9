namespace KubeProxy.Fuzz.Packets;

/// <summary>What a record is, by its first byte.</summary>
internal enum RecordKind
{
    /// <summary>A client's packet for a VIP.</summary>
    Forward,

    /// <summary>A pod's packet.</summary>
    Return,

    /// <summary>A packet to the node itself.</summary>
    NodePort,

    /// <summary>Time passes, or a pod changes.</summary>
    Change,

    /// <summary>The pod's answer to the last packet that reached one, with this payload.</summary>
    Answer,

    /// <summary>An ICMP error about the last packet that reached a pod, from there.</summary>
    ErrorOfPods,

    /// <summary>An ICMP error about the last answer that reached a client, from there.</summary>
    ErrorOfClients,

    /// <summary>The last packet that reached a pod, once more.</summary>
    Repeat,

    /// <summary>How many there are.</summary>
    Count,
}
