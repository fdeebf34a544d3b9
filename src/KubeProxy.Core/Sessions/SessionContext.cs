using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>What both session tables of one worker share.</summary>
public unsafe struct SessionContext
{
    /// <summary>The worker's clock.</summary>
    public SessionClock Clock;

    /// <summary>All pod records (borrowed).</summary>
    public PodRecord* Pods;

    /// <summary>All masquerade addresses (borrowed).</summary>
    public MasqueradeAddress* Masquerades;

    /// <summary>Sessions of this worker by pod slot; written by the worker, summed by the control thread.</summary>
    public uint* SessionsByPod;

    /// <summary>Key of the session hash, the same for all workers (borrowed).</summary>
    public FlowHash* Key;

    /// <summary>The worker's index.</summary>
    public uint WorkerIndex;
}
