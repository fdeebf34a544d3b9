using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KubeProxy.Core.Net;

/// <summary>
/// Hash of a five-tuple under a key of 512 bits: rounds of AES, of which every input byte passes three at least, so that
/// each bit of the result depends on all of them. Unlike CRC32C, where a seed only shifts every hash by a constant, a
/// tuple pair that collides under one key says nothing about another key, so session tables with a random key cannot be
/// overflowed on purpose (docs/decisions/0002-flow-hash.md).
/// </summary>
public readonly unsafe struct FlowHash
{
    private readonly Vector128<byte> _k0;
    private readonly Vector128<byte> _k1;
    private readonly Vector128<byte> _k2;
    private readonly Vector128<byte> _k3;

    /// <summary>A hash under the key of these 64 bytes.</summary>
    public FlowHash(ReadOnlySpan<byte> key)
    {
        _k0 = Vector128.Create(key);
        _k1 = Vector128.Create(key[16..]);
        _k2 = Vector128.Create(key[32..]);
        _k3 = Vector128.Create(key[48..]);
    }

    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 64;

    /// <summary>
    /// The key for the choice of a pod: fixed, so that a restart chooses the same pod for the same tuple. The first hexadecimal digits of pi's fraction.
    /// </summary>
    public static FlowHash Choice => new(
    [
        0x24, 0x3F, 0x6A, 0x88, 0x85, 0xA3, 0x08, 0xD3, 0x13, 0x19, 0x8A, 0x2E, 0x03, 0x70, 0x73, 0x44,
        0xA4, 0x09, 0x38, 0x22, 0x29, 0x9F, 0x31, 0xD0, 0x08, 0x2E, 0xFA, 0x98, 0xEC, 0x4E, 0x6C, 0x89,
        0x45, 0x28, 0x21, 0xE6, 0x38, 0xD0, 0x13, 0x77, 0xBE, 0x54, 0x66, 0xCF, 0x34, 0xE9, 0x0C, 0x6C,
        0xC0, 0xAC, 0x29, 0xB7, 0xC9, 0x7C, 0x50, 0xDD, 0x3F, 0x84, 0xD5, 0xB5, 0xB5, 0x47, 0x09, 0x17,
    ]);

    /// <summary>Hash of an IPv4 flow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(FlowHash* key, Ip4Flow* flow) => Compute(key, Vector128.Load((byte*)flow));

    /// <summary>Hash of an IPv4 flow in a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(FlowHash* key, Vector128<byte> flow)
    {
        Vector128<byte> state = AesRound.Encrypt(flow ^ key->_k0, key->_k1);
        return AesRound.Encrypt(AesRound.Encrypt(state, key->_k2), key->_k3).AsUInt64().ToScalar();
    }

    /// <summary>Hash of an IPv6 flow: each part of it is in the place of a round's key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(FlowHash* key, Ip6Flow* flow) =>
        Compute(key, Vector128.Load((byte*)flow), Vector128.Load((byte*)&flow->DestinationFirst), flow->PortsAndClass);

    /// <summary>Hash of an IPv6 flow in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(FlowHash* key, Vector128<byte> source, Vector128<byte> destination, ulong portsAndClass)
    {
        Vector128<byte> ports = Vector128.CreateScalar(portsAndClass).AsByte();
        Vector128<byte> state = AesRound.Encrypt(source ^ key->_k0, destination ^ key->_k1);
        state = AesRound.Encrypt(AesRound.Encrypt(state, ports ^ key->_k2), key->_k3);
        return AesRound.Encrypt(AesRound.Encrypt(state, key->_k0), key->_k1).AsUInt64().ToScalar();
    }
}
