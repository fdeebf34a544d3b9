using System.Globalization;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Stress.Yard;

/// <summary>What <c>show interface</c> counts, by interface and counter: "rx packets", "tx packets", "drops", "punt".</summary>
public sealed class InterfaceCounters
{
    private readonly Dictionary<(string Name, string Counter), long> _counts = [];

    private InterfaceCounters(string table)
    {
        string name = "";
        foreach (string line in table.Split('\n').Skip(1).Where(line => line.Trim().Length > 0))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            bool isFirst = line[0] != ' ';
            if (isFirst)
                name = words[0];

            // A first line has name, number, state and lengths in front of its counter.
            string[] rest = isFirst ? words[4..] : words;
            if (rest.Length >= 2 && long.TryParse(rest[^1], CultureInfo.InvariantCulture, out long count))
                _counts[(name, string.Join(' ', rest[..^1]))] = count;
        }
    }

    public long this[string name, string counter] => _counts.GetValueOrDefault((name, counter));

    public static InterfaceCounters Of(IPacketHost host) => new(host.Cli("show interface"));

    public long Sum(string counter, IEnumerable<string> names) => names.Sum(name => this[name, counter]);
}
