namespace KubeProxy.Core.Memory;

/// <summary>Owner of one block of native memory: the only kind of field that frees what it points to.</summary>
public readonly unsafe struct NativeBlock : IEquatable<NativeBlock>
{
    /// <summary>First byte, or null for the empty block.</summary>
    public readonly byte* Start;

    /// <summary>Length as it was asked for.</summary>
    public readonly nuint LengthBytes;

    private NativeBlock(void* start, nuint lengthBytes)
    {
        Start = (byte*)start;
        LengthBytes = lengthBytes;
    }

    /// <summary>True for the empty block.</summary>
    public bool IsNull => Start == null;

    /// <summary>Allocates zeroed memory; <see cref="IsNull"/> tells that there was none.</summary>
    public static NativeBlock TryAllocate(NativeAllocator allocator, nuint lengthBytes)
    {
        void* start = allocator.TryAllocate(lengthBytes);
        return start == null ? default : new NativeBlock(start, lengthBytes);
    }

    /// <summary>Gives the memory back; the empty block is ignored.</summary>
    public void Free(NativeAllocator allocator)
    {
        if (!IsNull) allocator.Free(Start, LengthBytes);
    }

    /// <inheritdoc/>
    public bool Equals(NativeBlock other) => Start == other.Start && LengthBytes == other.LengthBytes;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NativeBlock other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((nuint)Start).GetHashCode();

    /// <summary>Same block.</summary>
    public static bool operator ==(NativeBlock left, NativeBlock right) => left.Equals(right);

    /// <summary>Different blocks.</summary>
    public static bool operator !=(NativeBlock left, NativeBlock right) => !left.Equals(right);
}
