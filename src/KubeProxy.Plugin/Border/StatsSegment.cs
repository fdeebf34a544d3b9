using System.Globalization;

namespace KubeProxy.Plugin.Border;

/// <summary>VPP's memory of counters, of a size that the user configures (<c>statseg { size }</c>).</summary>
internal static class StatsSegment
{
    /// <summary>What VPP keeps in it besides counters of routes and services: names, interfaces, nodes, errors.</summary>
    public const ulong SpareBytes = 4 << 20;

    private const string Name = "stat segment";
    private static bool _isRead;
    private static ulong? _lengthBytes;

    /// <summary>Its size; null when there is none. The kernel knows it by its name.</summary>
    public static ulong? LengthBytes
    {
        get
        {
            if (_isRead) return _lengthBytes;
            _isRead = true;
            return _lengthBytes = Read();
        }
    }

    // 7fa7f11fe000-7fa8111fe000 rw-s 00000000 00:01 2051    /memfd:stat segment (deleted)
    private static ulong? Read()
    {
        ulong bytes = 0;
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            if (!line.Contains(Name, StringComparison.Ordinal)) continue;
            string[] ends = line.Split(' ')[0].Split('-');
            bytes += Parse(ends[1]) - Parse(ends[0]);
        }

        return bytes == 0 ? null : bytes;
    }

    private static ulong Parse(string digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
