using System.Globalization;
using System.Runtime.InteropServices;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Hosts;

/// <summary>Which pages the contenders' tables lie on.</summary>
internal enum PageChoice
{
    /// <summary>2 MB pages for everybody: VPP's heap, where its own plugins keep their tables, is collapsed from outside.</summary>
    Huge,

    /// <summary>4 KB pages for everybody: VPP is started with transparent huge pages forbidden.</summary>
    Small,

    /// <summary>As each gets them by itself: ours asks for huge pages, VPP's heap does not.</summary>
    Own,
}

/// <summary>
/// Gives all contenders the same page size, so that a table's pages are not mistaken for a plugin's merit. Our tables
/// ask for huge pages themselves; VPP's heap is given them with process_madvise(MADV_COLLAPSE), Linux 6.1 and later.
/// </summary>
internal static unsafe partial class HugePages
{
    private const long HugePageBytes = 2 << 20;
    private const long ProcessMadviseCall = 440;
    private const long PidfdOpenCall = 434;
    private const int AdviseCollapse = 25;
    private const int SetThpDisable = 41;

    /// <summary>Call before VPP starts: it inherits the prohibition.</summary>
    public static void Forbid()
    {
        if (Prctl(SetThpDisable, 1, 0, 0, 0) != 0)
            throw new TestbedException("the kernel does not let transparent huge pages be forbidden");
    }

    /// <summary>Collapses every touched huge page of the process's large private mappings; answers the bytes on huge pages.</summary>
    public static void Collapse(int pid)
    {
        long process = SystemCall(PidfdOpenCall, pid, 0, 0, 0, 0);
        if (process < 0)
            throw new TestbedException("pidfd_open failed");
        foreach ((long start, long end) in LargeMappings(pid))
        {
            for (long page = start; page + HugePageBytes <= end; page += HugePageBytes)
            {
                // A huge page without any touched page is refused; that is right.
                IoVector vector = new(page, HugePageBytes);
                _ = SystemCall(ProcessMadviseCall, process, (long)&vector, 1, AdviseCollapse, 0);
            }
        }

        _ = Close((int)process);
    }

    /// <summary>Bytes of the process on transparent huge pages.</summary>
    public static long BytesOf(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(text => text.StartsWith("AnonHugePages:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static List<(long Start, long End)> LargeMappings(int pid)
    {
        List<(long, long)> mappings = [];
        foreach (string line in File.ReadLines($"/proc/{pid}/maps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not [_, "rw-p", _, _, "0"])
                continue;
            string[] ends = words[0].Split('-');
            long start = (Hex(ends[0]) + HugePageBytes - 1) / HugePageBytes * HugePageBytes;
            if (Hex(ends[1]) - start >= HugePageBytes)
                mappings.Add((start, Hex(ends[1])));
        }

        return mappings;
    }

    private static long Hex(string digits) => long.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, long a, long b, long c, long d, long e);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, long a, long b, long c, long d);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    private readonly record struct IoVector(long Start, long LengthBytes);
}
