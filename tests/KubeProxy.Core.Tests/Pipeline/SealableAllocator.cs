using System.Globalization;
using KubeProxy.Core.Memory;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// Memory that can be sealed: as long as it is, it may be read, and whoever writes to it, be it the value that is there already, ends the process with an
/// access violation whose trace names the writer. Every block has pages of its own.
/// </summary>
public sealed unsafe class SealableAllocator : NativeAllocator
{
    private readonly Dictionary<nint, nuint> _blocks = [];

    /// <summary>Number of blocks.</summary>
    public int BlockCount => _blocks.Count;

    /// <inheritdoc/>
    public override void* TryAllocate(nuint lengthBytes)
    {
        void* block = Pages.TryMap(lengthBytes, PageAccess.ReadWrite);
        if (block != null) _blocks.Add((nint)block, lengthBytes);
        return block;
    }

    /// <inheritdoc/>
    public override void Free(void* block, nuint lengthBytes)
    {
        Pages.Unmap(block, lengthBytes);
        _ = _blocks.Remove((nint)block);
    }

    public void Seal() => ProtectAll(PageAccess.Read);

    public void Unseal() => ProtectAll(PageAccess.ReadWrite);

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

    private void ProtectAll(PageAccess access)
    {
        foreach ((nint start, nuint lengthBytes) in _blocks)
            Pages.Protect((void*)start, lengthBytes, access);
    }
}
