using System.Globalization;
using System.Runtime.InteropServices;
using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// Memory that can be sealed: as long as it is, it may be read, and whoever writes to it, be it the value that is there already, ends the process with an
/// access violation whose trace names the writer. Every block has pages of its own.
/// </summary>
public sealed unsafe partial class SealableAllocator : NativeAllocator
{
    private const int ReadOnly = 1;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private readonly Dictionary<nint, nuint> _blocks = [];

    /// <summary>Number of blocks.</summary>
    public int BlockCount => _blocks.Count;

    /// <inheritdoc/>
    public override void* TryAllocate(nuint lengthBytes)
    {
        void* block = Map(null, lengthBytes, ReadWrite, PrivateAnonymous, -1, 0);
        if (block == (void*)-1) return null;
        _blocks.Add((nint)block, lengthBytes);
        return block;
    }

    /// <inheritdoc/>
    public override void Free(void* block, nuint lengthBytes)
    {
        _ = Unmap(block, lengthBytes);
        _ = _blocks.Remove((nint)block);
    }

    public void Seal() => ProtectAll(ReadOnly);

    public void Unseal() => ProtectAll(ReadWrite);

    /// <summary>How many blocks may be read and not written, as the kernel says it.</summary>
    public int CountSealed()
    {
        string[] maps = File.ReadAllLines("/proc/self/maps");
        return _blocks.Keys.Count(block => maps.Any(map => Holds(map, (nuint)block) && map.Split(' ')[1].StartsWith("r--", StringComparison.Ordinal)));
    }

    private static bool Holds(string map, nuint address)
    {
        string[] range = map.Split(' ')[0].Split('-');
        return address >= nuint.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            && address < nuint.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private void ProtectAll(int protection)
    {
        foreach ((nint start, nuint lengthBytes) in _blocks)
            if (Protect((void*)start, lengthBytes, protection) != 0) throw new InvalidOperationException("mprotect failed");
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(void* address, nuint length);
}
