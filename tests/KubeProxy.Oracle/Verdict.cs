namespace KubeProxy.Oracle;

/// <summary>What becomes of a packet.</summary>
public enum Fate
{
    Translated,
    Dropped,
    Answered,
    Passed,
    Reassembled,
    Fragmented,
    NotCovered,
}

/// <summary>Under which of a service's counters a translated packet is; None for ICMP errors and answers.</summary>
public enum FlowCount
{
    None,
    Existing,
    First,
    Untracked,
}

/// <summary>
/// Fate and bytes of one packet. <paramref name="Reason"/> is an outcome of docs/counters.md, <paramref name="Reply"/> the text under which the
/// packet is counted once more when this host answers or does not. <paramref name="Free"/> are offsets of bytes that no document decides.
/// </summary>
public sealed record Verdict(Fate Fate, string Reason, byte[] Packet)
{
    public string Reply { get; init; } = "";

    public FlowCount Flow { get; init; }

    public bool FailedOver { get; init; }

    public PlainService? Service { get; init; }

    public PlainPod? Pod { get; init; }

    public IReadOnlyList<int> Free { get; init; } = [];
}

/// <summary>What the other implementation did, of which only what no document decides is learnt: pod, source port, and what happened between two ticks.</summary>
public sealed record Seen(string Reason, byte[] Packet, FlowCount Flow, bool FailedOver)
{
    /// <summary>What was said to the client, if anything.</summary>
    public byte[] Answer { get; init; } = [];

    /// <summary>The source port that a fragment's datagram leaves with, which a later fragment does not show.</summary>
    public int SourcePort { get; init; }

    /// <summary>Nothing leaves.</summary>
    public bool IsDropped => Packet.Length == 0;

    public bool Translated => Reason == "Translated";
}
