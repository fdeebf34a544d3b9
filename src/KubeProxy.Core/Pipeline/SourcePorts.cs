using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// The ports that one worker gives to masqueraded sessions. No other worker gives them, so there is no lock; which of them are free
/// the return index tells: a port is taken towards a pod while a live session has answers from that pod to it. One port
/// therefore serves towards any number of pods, and no two sessions have the same answers (RFC 4787 REQ-3).
/// </summary>
public struct SourcePorts
{
    /// <summary>Ports tried for a session. A range of this length is tried as a whole.</summary>
    public const uint MaxAttempts = 64;

    /// <summary>The first port in host order.</summary>
    public uint First;

    /// <summary>Number of ports.</summary>
    public uint Count;

    /// <summary>A worker's part of a range: equal parts, what is left over belongs to nobody.</summary>
    public static SourcePorts PartOf(uint first, uint count, uint worker, uint workerCount) =>
        new() { First = first + (worker * (count / workerCount)), Count = count / workerCount };

    /// <summary>
    /// The port, in wire order, that attempt number <paramref name="attempt"/> tries. The first is named by the flow's choice hash,
    /// whose key is fixed: a connection whose session is lost most likely gets its port again. The others lie all over the
    /// range: neighbours of a taken port are taken more often than others.
    /// </summary>
    public readonly ushort At(uint choiceHash, uint attempt)
    {
        uint place = Count <= MaxAttempts ? (Scaled(choiceHash) + attempt) % Count : Scaled(PodOrder.Place(choiceHash, attempt));
        return Be16.FromHost((ushort)(First + place)).Wire;
    }

    private readonly uint Scaled(uint hash) => (uint)(((ulong)hash * Count) >> 32);
}
