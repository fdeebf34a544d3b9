namespace KubeProxy.Core.Services;

/// <summary>One pod as <see cref="Maglev"/> sees it.</summary>
/// <param name="Address">The address as a number: an IPv4 address in the low 32 bits.</param>
/// <param name="Port">TargetPort, or 0 when packets keep their port.</param>
/// <param name="Slot">What the table shall hold for this pod; never 0.</param>
/// <param name="Weight">Share of the table in proportion to the others; 0 keeps the pod out of it.</param>
public readonly record struct MaglevPod(UInt128 Address, ushort Port, uint Slot, uint Weight);
