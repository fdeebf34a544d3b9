using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Core.Snapshots;

/// <summary>
/// One service as the data path sees it: a header, and behind it the Maglev table, whose slots name pod slots.
/// Immutable once published. A service without pods has <see cref="PodCount"/> 0 and no table.
/// <code>
///   0         4          8              12         16                         32         36     38        40
///   | index   | pods     | table mask   | birth    | ServiceEntry* earlier[2] | affinity | masq | outside | uint slot[mask + 1] ...
/// </code>
/// The earlier entries are those of tables that connections may have been opened under, the latest first. They live as long
/// as this entry does; the ones that they name in turn may be gone. An earlier table may name slots that have another pod
/// now, which <see cref="PodRecord.ServesSince"/> tells.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = HeaderBytes)]
public unsafe struct ServiceEntry
{
    /// <summary>Bytes in front of the table.</summary>
    public const int HeaderBytes = 40;

    /// <summary>Earlier tables that an entry names.</summary>
    public const int EarlierCount = 2;

    /// <summary>Longest affinity in seconds, a day: as in Kubernetes' Service API.</summary>
    public const uint MaxAffinitySeconds = 86_400;

    private const int EarlierOffset = 16;

    /// <summary>Index of the service, for its counters.</summary>
    [FieldOffset(0)]
    public uint ServiceIndex;

    /// <summary>Number of pods that new flows may choose.</summary>
    [FieldOffset(4)]
    public uint PodCount;

    /// <summary>Length of the table minus one; the length is a power of two.</summary>
    [FieldOffset(8)]
    public uint TableMask;

    /// <summary>The highest <see cref="PodRecord.Birth"/> among the table's pods.</summary>
    [FieldOffset(12)]
    public uint LatestBirth;

    /// <summary>Seconds for which a client address keeps its pod; 0: it does not.</summary>
    [FieldOffset(32)]
    public uint AffinitySeconds;

    /// <summary>The <see cref="MasqueradeAddress"/> of the service's packets; 0: clients keep their addresses.</summary>
    [FieldOffset(36)]
    public ushort MasqueradeIndex;

    /// <summary>1 when only packets are masqueraded that come by another way than the VIP's own prefix (<see cref="VipEntry.IsOutside"/>).</summary>
    [FieldOffset(38)]
    public byte IsMasqueradeForOutside;

    /// <summary>True when packets that come by a way get another source address, whoever their client is.</summary>
    public static bool Masquerades(ServiceEntry* entry, bool isOutside) =>
        entry->MasqueradeIndex != 0 && (isOutside || entry->IsMasqueradeForOutside == 0);

    /// <summary>Places of the earlier entries, the latest first; null: none.</summary>
    public static ServiceEntry** Earlier(ServiceEntry* entry) => (ServiceEntry**)((byte*)entry + EarlierOffset);

    /// <summary>The Maglev table of pod slots behind the header.</summary>
    public static uint* Table(ServiceEntry* entry) => (uint*)((byte*)entry + HeaderBytes);

    /// <summary>Pod slot that the table gives for a flow's choice hash; the service has pods.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Choose(ServiceEntry* entry, uint choiceHash) => Table(entry)[choiceHash & entry->TableMask];

    /// <summary>Bytes of an entry with a table of <paramref name="tableLength"/> slots.</summary>
    public static nuint LengthBytes(uint tableLength) => HeaderBytes + ((nuint)tableLength * sizeof(uint));
}
