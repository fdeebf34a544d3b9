using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Workers;

/// <summary>A worker's scratch for one frame: the pipeline's batch, and what the host needs beside it.</summary>
internal unsafe struct WorkerFrame
{
    /// <summary>The pipeline's arrays.</summary>
    public PacketBatch Batch;

    /// <summary>Addresses of the batch's buffers.</summary>
    public fixed ulong Buffer[PacketBatch.Capacity];

    /// <summary>Next of each packet. VPP's vector enqueue reads whole vectors, so the array is longer than a frame.</summary>
    public fixed ushort Next[Vpp.VLIB_FRAME_SIZE + EnqueueSlack];

    /// <summary>What became of a packet that nobody serves: a <see cref="Core.Pipeline.Rejection"/>. Of other packets it says nothing.</summary>
    public fixed byte Rejection[PacketBatch.Capacity];

    /// <summary>1 for a fragment that goes to virtual reassembly, 0 for one that does not. Of other packets it says nothing.</summary>
    public fixed byte Diverted[PacketBatch.Capacity];

    /// <summary>Five-tuples that translated fragments leave with. Of other packets it says nothing.</summary>
    public fixed byte Leaves[PacketBatch.Capacity * PacketBatch.FlowBytes];

    /// <summary>Buffers of a batch that another realm than the first packet's has.</summary>
    public fixed uint Later[PacketBatch.Capacity];

    /// <summary>What translation between the families needs.</summary>
    public TranslationBatch Translation;

    /// <summary>One buffer to be dropped, at the start of a whole vector.</summary>
    public fixed uint Surplus[EnqueueSlack];

    /// <summary>VLIB_BUFFER_ENQUEUE_MIN_SIZE of vlib/buffer_node.h.</summary>
    public const int EnqueueSlack = 64;
}
