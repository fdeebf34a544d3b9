using System.Runtime.InteropServices;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Plugin.Workers;

/// <summary>What one VPP thread owns. Cache-line multiples, so that threads share no line they write.</summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
internal unsafe struct PluginThread
{
    /// <summary>Bytes of one state.</summary>
    public const int SizeBytes = 512;

    /// <summary>The pipeline's worker.</summary>
    public Worker Worker;

    /// <summary>Scratch of the frame in work.</summary>
    public WorkerFrame* Frame;

    /// <summary>Scratch for packets of the frame in work that became packets of the other family.</summary>
    public WorkerFrame* Second;

    /// <summary>How many packets the thread may answer instead of forwarding them.</summary>
    public RejectLimit RejectLimit;

    /// <summary>How many echo requests the thread may answer: a limit of their own, so that pings never silence refusals.</summary>
    public RejectLimit EchoLimit;

    /// <summary>The thread's workers by realm, <see cref="RealmMap.None"/> of them; null where there is no realm. The first one is <see cref="Worker"/>.</summary>
    public Worker** Realms;

    /// <summary>How many errors the thread may send as a router: a limit of their own, so that refusals never silence path MTU discovery.</summary>
    public RejectLimit RouterLimit;
}

/// <summary>The states by VPP thread index: what a node reads first. No initialiser, so that reading it costs one load.</summary>
internal static unsafe class Threads
{
    public static PluginThread* States;
}
