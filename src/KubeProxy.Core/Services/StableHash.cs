namespace KubeProxy.Core.Services;

/// <summary>
/// A 64-bit hash with fixed constants: the same input gives the same value in every process, on every machine and in
/// every version, so that a restart builds the same Maglev tables. The mixing step is MurmurHash3's 64-bit finalizer,
/// a bijection in which every input bit reaches every output bit. It is not meant to resist an adversary.
/// </summary>
internal static class StableHash
{
    /// <summary>The finalizer.</summary>
    public static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= 0xFF51_AFD7_ED55_8CCD;
        value ^= value >> 33;
        value *= 0xC4CE_B9FE_1A85_EC53;
        value ^= value >> 33;
        return value;
    }

    /// <summary>Hash of an address (as a number) and a port.</summary>
    public static ulong Combine(ulong seed, UInt128 address, ushort port)
    {
        ulong hash = Mix(seed ^ (ulong)(address >> 64));
        hash = Mix(hash ^ (ulong)address);
        return Mix(hash ^ port);
    }
}
