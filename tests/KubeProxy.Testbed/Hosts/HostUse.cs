using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeProxy.Testbed.Hosts;

/// <summary>What a host holds: sessions, buffers, memory, heap.</summary>
public static partial class HostUse
{
    /// <summary>Live sessions of all threads.</summary>
    public static int Sessions(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return int.Parse(LiveSessions().Match(host.Cli("show ku sessions limit 1")).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Packet buffers that are neither free nor cached by a thread; the packet host has all of them back when idle.</summary>
    public static long BuffersInUse(IPacketHost host) => Buffers(host, column: 1);

    /// <summary>Packet buffers in all.</summary>
    public static long BufferCount(IPacketHost host) => Buffers(host, column: 4);

    public static long ResidentBytes(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        string line = File.ReadLines($"/proc/{host.Pid}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Bytes used on VPP's main heap; null on a host without one.</summary>
    public static double? MainHeapBytes(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Match used = Used().Match(host.Cli("show memory main-heap"));
        if (!used.Success)
            return null;
        double unit = used.Groups[2].Value switch { "K" or "k" => 1 << 10, "M" or "m" => 1 << 20, "G" or "g" => 1 << 30, _ => 1 };
        return double.Parse(used.Groups[1].Value, CultureInfo.InvariantCulture) * unit;
    }

    /// <summary>Names and allowed cores of the threads of the host's process.</summary>
    public static IReadOnlyList<(string Name, string Cores)> Threads(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return [.. Directory.GetDirectories($"/proc/{host.Pid}/task").Select(task => (
            File.ReadAllText(Path.Combine(task, "comm")).Trim(),
            File.ReadLines(Path.Combine(task, "status")).First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1]))];
    }

    /// <summary>The sum over all pools of a column of <c>show buffers</c>, counted from the last.</summary>
    private static long Buffers(IPacketHost host, int column)
    {
        ArgumentNullException.ThrowIfNull(host);
        string[] rows = host.Cli("show buffers").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return rows.Skip(1)
            .Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^column])
            .Sum(word => long.Parse(word, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"shown of (\d+) sessions")]
    private static partial Regex LiveSessions();

    [GeneratedRegex(@"used: ([0-9.]+)([KkMmGg]?)")]
    private static partial Regex Used();
}
