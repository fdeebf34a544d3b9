using System.Globalization;

namespace KubeProxy.Testbed.Hosts;

/// <summary>How often VPP stops its workers while it runs a line, as its own event log tells; nested stops are none.</summary>
public static class BarrierTrace
{
    private const string Command = "cli-cmd: ";
    private const string Stop = "bar-trace-";
    private const string Release = "bar-rel-#";

    /// <summary>Types the line and returns who stopped the workers, in order.</summary>
    public static IReadOnlyList<string> Callers(IPacketHost host, string line)
    {
        return [.. Events(host, line).Where(text => text.Contains(Stop, StringComparison.Ordinal)).Select(CallerOf)];
    }

    /// <summary>Types the line and returns the longest time for which it stopped the workers; zero if it did not.</summary>
    public static TimeSpan LongestStop(IPacketHost host, string line) => TimeSpan.FromMicroseconds(Events(host, line)
        .Where(text => text.Contains(Release, StringComparison.Ordinal))
        .Select(text => double.Parse(text[(text.LastIndexOf("-t", StringComparison.Ordinal) + 2)..], CultureInfo.InvariantCulture))
        .DefaultIfEmpty(0).Max());

    private static string[] Events(IPacketHost host, string line)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.Cli("event-logger trace cli barrier");
        host.Cli("event-logger clear");
        host.Cli(line);
        string[] events = host.Cli("show event-logger all").Split('\n');
        host.Cli("event-logger trace cli barrier disable");

        // From the line's first command to the end of its last: stops by VPP's own processes before and after are not the line's.
        int first = Array.FindIndex(events, text => IsCommand(text) && !IsOfTheTrace(text));
        int last = Array.FindLastIndex(events, text => IsCommand(text) && !IsOfTheTrace(text));
        if (first < 0 || first == last)
            throw new TestbedException($"'{line}' is not in the event log:\n{string.Join('\n', events)}");
        return events[first..last];
    }

    private static bool IsCommand(string text) => text.Contains(Command, StringComparison.Ordinal);

    private static bool IsOfTheTrace(string text) => text.Contains("event-logger", StringComparison.Ordinal);

    // bar-trace-<caller>-#<number>
    private static string CallerOf(string text)
    {
        string caller = text[(text.IndexOf(Stop, StringComparison.Ordinal) + Stop.Length)..];
        return caller[..caller.LastIndexOf("-#", StringComparison.Ordinal)];
    }
}
