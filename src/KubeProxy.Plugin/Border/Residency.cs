namespace KubeProxy.Plugin.Border;

/// <summary>Asks the kernel which pages of a mapping are there.</summary>
internal static unsafe class Residency
{
    private const int PageBytes = 4096;
    private const int PagesAtOnce = 4096;

    /// <summary>Bytes of the touched pages; a block of the C heap counts as touched.</summary>
    public static ulong TouchedBytes(void* start, nuint lengthBytes)
    {
        if (start == null || lengthBytes <= MmapAllocator.SmallBytes) return lengthBytes;
        byte* pages = stackalloc byte[PagesAtOnce];
        ulong touched = 0;
        for (nuint offset = 0; offset < lengthBytes; offset += PagesAtOnce * PageBytes)
        {
            nuint length = Math.Min(PagesAtOnce * PageBytes, lengthBytes - offset);
            if (Libc.mincore((byte*)start + offset, length, pages) != 0) return lengthBytes;
            int count = (int)((length + PageBytes - 1) / PageBytes);
            for (int i = 0; i < count; i++) touched += (ulong)(pages[i] & 1) * PageBytes;
        }

        return touched;
    }
}
