using System.Text.Json;

namespace KubeProxy.Bench.Checks;

/// <summary>bench/expected-allocations.json: managed bytes that one invocation of a benchmark may allocate, by "Class.Method".</summary>
internal sealed class ExpectedAllocations
{
    private readonly Dictionary<string, long> _bytes;

    private ExpectedAllocations(Dictionary<string, long> bytes) => _bytes = bytes;

    public static ExpectedAllocations Load()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "expected-allocations.json");
        return new ExpectedAllocations(JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(file)) ?? []);
    }

    /// <summary>Null for a benchmark that the file does not name: that is a fault too.</summary>
    public long? Of(string benchmark) => _bytes.TryGetValue(benchmark, out long bytes) ? bytes : null;

    /// <summary>Names in the file that no benchmark has.</summary>
    public IEnumerable<string> Unknown(IReadOnlySet<string> benchmarks) => _bytes.Keys.Where(name => !benchmarks.Contains(name));
}
