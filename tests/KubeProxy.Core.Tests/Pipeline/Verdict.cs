using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>A packet on its way into the pipeline: what lies in the buffer, and the VIP slot that the route named.</summary>
public sealed record TestPacket(byte[] Bytes, uint VipSlot = 1)
{
    public static implicit operator TestPacket(PacketSpec spec) => new(spec.Build());

    public static implicit operator TestPacket(byte[] bytes) => new(bytes);
}

/// <summary>What became of a packet, its bytes included.</summary>
public sealed record Verdict(Outcome Outcome, SessionUse Session, uint PodSlot, ulong Target, byte[] Bytes);
