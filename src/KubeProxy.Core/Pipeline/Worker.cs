using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>Packets and bytes of a counter, as VPP lays out a combined counter.</summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
public unsafe struct CounterPair
{
    /// <summary>Two words.</summary>
    public const int SizeBytes = 16;

    /// <summary>Packets.</summary>
    public ulong Packets;

    /// <summary>Bytes, IP headers included.</summary>
    public ulong Bytes;

    /// <summary>Counts a packet: both words in one step, since the next packet may well have the same counter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Count(CounterPair* counter, uint lengthBytes) =>
        (Vector128.Load((ulong*)counter) + Vector128.Create(1UL, lengthBytes)).Store((ulong*)counter);
}

/// <summary>What all workers share. Written by the control thread.</summary>
public unsafe struct DataPath
{
    /// <summary>The configuration in force; read once per frame.</summary>
    public Snapshot* Current;

    /// <summary>All pod records.</summary>
    public PodRecord* Pods;

    /// <summary>Key of the session hash: random, drawn at start.</summary>
    public FlowHash SessionKey;

    /// <summary>Key of the pod choice: fixed.</summary>
    public FlowHash ChoiceKey;

    /// <summary>Finds the sessions of IPv4 answers.</summary>
    public ReturnIndex<Ip4Session, Ip4Flow> Return4;

    /// <summary>Finds the sessions of IPv6 answers.</summary>
    public ReturnIndex<Ip6Session, Ip6Flow> Return6;

    /// <summary>Which IPv4 packets to the node's own addresses are for a service.</summary>
    public NodePortTable NodePorts4;

    /// <summary>Which IPv6 packets to the node's own addresses are for a service.</summary>
    public NodePortTable NodePorts6;

    /// <summary>The pods of clients of services with affinity, of both families.</summary>
    public AffinityTable Affinity;

    /// <summary>Addresses that masqueraded packets get, by index.</summary>
    public MasqueradeAddress* Masquerades;

    /// <summary>Number of workers, and of tables in the return indices.</summary>
    public uint WorkerCount;

    /// <summary>Translation between the families.</summary>
    public TranslationSettings Translation;
}

/// <summary>One thread of the host and its memory: everything that only this thread writes.</summary>
public unsafe struct Worker
{
    /// <summary>What all workers share.</summary>
    public DataPath* Shared;

    /// <summary>What the two session tables share.</summary>
    public SessionContext Context;

    /// <summary>IPv4 sessions.</summary>
    public SessionTable<Ip4Session, Ip4Flow> Sessions4;

    /// <summary>IPv6 sessions.</summary>
    public SessionTable<Ip6Session, Ip6Flow> Sessions6;

    /// <summary>The source ports that only this worker gives to masqueraded sessions.</summary>
    public SourcePorts SourcePorts;

    /// <summary>Scratch of the frame in work.</summary>
    public PacketBatch* Batch;

    /// <summary>Packets of remembered flows, by service.</summary>
    public ulong* ExistingSession;

    /// <summary>First packets, by service.</summary>
    public ulong* FirstSession;

    /// <summary>Packets balanced but not remembered, by service.</summary>
    public ulong* Untracked;

    /// <summary>SYNs that moved their session to another pod, by service; first packets too.</summary>
    public ulong* FailedOver;

    /// <summary>Packets without a pod, by service.</summary>
    public ulong* NoPod;

    /// <summary>Forward packets by pod slot.</summary>
    public CounterPair* Pod;

    /// <summary>Second of the last sweep.</summary>
    public ulong SweptSeconds;

    /// <summary>Buckets that the sweep still owes.</summary>
    public uint SweepDebt;

    /// <summary>Packets that this worker has given an IPv4 identification.</summary>
    public uint Identified;

    /// <summary>Packets of the batch in work that have the outcome <see cref="Outcome.Fragment"/> (return direction).</summary>
    public uint Fragments;
}
