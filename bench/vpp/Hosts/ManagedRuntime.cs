using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Hosts;

/// <summary>What <c>show kube-proxy runtime</c> says: managed bytes allocated since the start and collections of all generations.</summary>
internal sealed partial record ManagedRuntime(long AllocatedBytes, long Collections)
{
    public static ManagedRuntime Read(MeasuredVpp vpp)
    {
        string text = vpp.Cli("show kube-proxy runtime");
        Match bytes = Bytes().Match(text);
        MatchCollection collections = Generation().Matches(text);
        return bytes.Success && collections.Count > 0
            ? new ManagedRuntime(Number(bytes), collections.Sum(Number))
            : throw new TestbedException($"'show kube-proxy runtime' does not say what was allocated: {text}");
    }

    private static long Number(Match match) => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^managed bytes\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Bytes();

    [GeneratedRegex(@"(\d+) gen\d")]
    private static partial Regex Generation();
}
