using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace KubeProxy.Core.Net;

/// <summary>
/// Hash of a five-tuple under a 256-bit key: products of 64-bit words, high half xor low half, and every input word
/// passes two of them (after a single one, some keys put a client's sequential ports into few buckets). Unlike CRC32C, where a
/// seed only shifts every hash by a constant, a tuple pair that collides under one key says nothing about another key,
/// so session tables with a random key cannot be overflowed on purpose (docs/decisions/0002-flow-hash.md).
/// </summary>
public readonly unsafe struct FlowHash
{
    private readonly ulong _k0;
    private readonly ulong _k1;
    private readonly ulong _k2;
    private readonly ulong _k3;

    /// <summary>A hash under the given key.</summary>
    public FlowHash(ulong k0, ulong k1, ulong k2, ulong k3)
    {
        _k0 = k0;
        _k1 = k1;
        _k2 = k2;
        _k3 = k3;
    }

    /// <summary>The key for the choice of a pod: fixed, so that a restart chooses the same pod for the same tuple.</summary>
    public static FlowHash Choice =>
        new(0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3, 0x5899_65CC_7537_4CC3);

    /// <summary>Hash of an IPv4 flow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Compute(Ip4Flow* flow)
    {
        ulong* words = (ulong*)flow;
        return Mix(Mix(words[0] ^ _k0, words[1] ^ _k1) ^ _k2, _k3);
    }

    /// <summary>Hash of an IPv6 flow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Compute(Ip6Flow* flow)
    {
        ulong* words = (ulong*)flow;
        ulong source = Mix(words[0] ^ _k0, words[1] ^ _k1);
        ulong destination = Mix(words[2] ^ _k2, words[3] ^ _k3);
        return Mix(Mix(source ^ words[4] ^ _k1, destination ^ _k2) ^ _k0, _k3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        // The two multiplications stay in registers; Math.BigMul passes its low half through memory.
        if (Bmi2.X64.IsSupported) return Bmi2.X64.MultiplyNoFlags(a, b) ^ (a * b);
        return Math.BigMul(a, b, out ulong low) ^ low;
    }
}
