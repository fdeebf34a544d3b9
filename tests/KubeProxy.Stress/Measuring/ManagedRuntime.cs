using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Stress.Measuring;

/// <summary>What <c>show ku runtime</c> says.</summary>
public sealed partial record ManagedRuntime(long AllocatedBytes, long Collections, double PausesMilliseconds, long HeapBytes)
{
    public static ManagedRuntime Of(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        string text = host.Cli("show ku runtime");
        long Number(string name) => Regex.Match(text, $@"^{name}\s+(\d+)", RegexOptions.Multiline) is { Success: true } match
            ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new TestbedException($"'show ku runtime' does not tell {name}: {text}");
        long collections = Generation().Matches(text).Sum(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        return new ManagedRuntime(Number("managed bytes"), collections, Number("pauses") / 1000.0, Number("heap"));
    }

    [GeneratedRegex(@"(\d+) gen\d")]
    private static partial Regex Generation();
}
