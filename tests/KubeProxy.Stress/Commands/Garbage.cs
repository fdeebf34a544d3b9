namespace KubeProxy.Stress.Commands;

/// <summary>Words that programs trip over: numbers out of every range, prefixes that are none, bytes that are no text, formats, lengths.</summary>
public static class Garbage
{
    /// <summary>A word of each is long, then it is 4 or 64 KB long.</summary>
    public const int LongBytes = 4 << 10;

    public const int VeryLongBytes = 64 << 10;

    public static IReadOnlyList<string> Numbers { get; } =
    [
        "-1", "0", "00", "1", "3", "31", "32", "255", "256", "65535", "65536", "65616", "2147483647", "2147483648", "4294967295", "4294967296", "33554432",
        "9223372036854775808", "18446744073709551616", "99999999999999999999", "0x", "0x50", "1e9", "+5", "08", "5.", "5,6", "5-", "-5-6", "6-5", "1-70000", "٣",
    ];

    public static IReadOnlyList<string> Prefixes { get; } =
    [
        "0.0.0.0/0", "::/0", "255.255.255.255", "224.0.0.1", "ff02::1", "fe80::1", "127.0.0.1", "::1", "10.1.0.1", "10.2.0.0/16", "90.0.0.5/8", "90.1.2.3/33", "2003::3/129",
        "90.1.2.3/-1", "::ffff:1.2.3.4/120", "::1.2.3.4/100", "90.1.2.300", "90.1.2", "90.1.2.3.4", "90.01.2.3", "2003::3::4", "fe80::1%pg0", "[2003::3]", "90.1.2.3/", "/8", "90.1.2.3:80",
        "64:ff9b::/96", "10.3.0.0/16",
    ];

    /// <summary>None of <c>$name</c>: VPP's command line replaces it before a command sees it.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        "zzz", "%n", "%s%n%x%s", "%99999999d", "é", "日本", "\u0001", "\u0000", "a\u0000b", "\u001b[31m", "\t", "\"", "'", "\\", "{", "}", "#", ";", "|", "../../etc/passwd", "`id`",
        "del", "port", "protocol", "nat4", "nat46", "same_as", "verbose", "in", "default", "--", "-h", "\uffff", "\ud7ff",
    ];

    /// <summary>Some word of all of these, sometimes a long one.</summary>
    public static string Any(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return random.Next(100) switch
        {
            0 => new string('x', LongBytes),
            1 => new string('9', LongBytes),
            2 when random.Next(8) == 0 => new string('7', VeryLongBytes),
            < 35 => Of(random, Numbers),
            < 60 => Of(random, Prefixes),
            _ => Of(random, Words),
        };
    }

    private static string Of(Random random, IReadOnlyList<string> list) => list[random.Next(list.Count)];
}
