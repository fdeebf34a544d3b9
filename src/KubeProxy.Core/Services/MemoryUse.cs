namespace KubeProxy.Core.Services;

/// <summary>Memory of one kind.</summary>
/// <param name="Name">What it holds.</param>
/// <param name="PerThreadBytes">Each thread's; null when all threads share it.</param>
/// <param name="Bytes">All of it, address space that nobody has touched included.</param>
/// <param name="TouchedBytes">What the kernel has given pages for; null when nobody knows.</param>
public readonly record struct MemoryUse(string Name, ulong? PerThreadBytes, ulong Bytes, ulong? TouchedBytes);

/// <summary>What a data plane holds besides the snapshot, and what each thing more takes of it.</summary>
/// <param name="Parts">What it has allocated, by kind; there may be more.</param>
/// <param name="AllocatedBytes">All that it has allocated: the parts, the snapshot what waits to be freed, and the rest.</param>
/// <param name="Counters">Counters, which the router keeps.</param>
/// <param name="ServiceBytes">A service: its counters on all threads.</param>
/// <param name="PodBytes">A pod of a service: its record, its route, its counts and counters on all threads.</param>
/// <param name="Ip4SessionBytes">A session over IPv4: its entry, its source port, its part of the return index.</param>
/// <param name="Ip6SessionBytes">A session over IPv6.</param>
public readonly record struct MemoryReport(
    IReadOnlyList<MemoryUse> Parts, ulong AllocatedBytes, MemoryUse Counters, uint ServiceBytes, uint PodBytes, uint Ip4SessionBytes, uint Ip6SessionBytes);
