using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>A packet on its way into the pipeline: what lies in the buffer, and the VIP slot that the route named.</summary>
public sealed record TestPacket(byte[] Bytes, uint VipSlot = 1)
{
    /// <summary>Bytes in all pieces of memory; 0 when they all lie in the first.</summary>
    public int TotalBytes { get; init; }

    /// <summary>Longest piece that the packet is cut into before it leaves; 0 when it leaves as it is.</summary>
    public int PieceBytes { get; init; }

    /// <summary>The first bytes of a packet that goes on in another piece of memory.</summary>
    public static TestPacket Beginning(byte[] whole, int lengthBytes) => new(whole[..lengthBytes]) { TotalBytes = whole.Length };

    public static implicit operator TestPacket(PacketSpec spec) => new(spec.Build());

    public static implicit operator TestPacket(byte[] bytes) => new(bytes);
}

/// <summary>What became of a packet, its bytes included.</summary>
public sealed record Verdict(Outcome Outcome, SessionUse Session, uint PodSlot, ulong Target, byte[] Bytes);
