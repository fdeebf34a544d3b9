using System.Text.Json;

namespace KubeProxy.Mutation;

/// <summary>What became of one mutant.</summary>
public sealed record Result(string Id, string Text, string Outcome, string By, double Seconds)
{
    public bool IsKilled => Outcome is not (nameof(TestOutcome.Passed) or Record.NoProgram);
}

/// <summary>Results, one a line of a file, so that a long run can be done in pieces. Each state of the sources has its own.</summary>
public sealed class Record
{
    public const string NoProgram = nameof(NoProgram);

    /// <summary>Stands for the sources as they are.</summary>
    public const string Plain = nameof(Plain);

    private readonly string _path;
    private readonly Dictionary<string, Result> _results = new(StringComparer.Ordinal);

    public Record(string path)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path)) return;
        foreach (Result result in File.ReadLines(path).Select(line => JsonSerializer.Deserialize<Result>(line)!))
            _results[result.Id] = result;
    }

    public Result? Find(string id) => _results.GetValueOrDefault(id);

    /// <summary>Forgets those that no test noticed, so that they are tried again, against better tests.</summary>
    public void ForgetSurvivors()
    {
        foreach (Result survivor in _results.Values.Where(result => result is { Outcome: nameof(TestOutcome.Passed), Id: not Plain }).ToArray())
            _results.Remove(survivor.Id);
        File.WriteAllLines(_path, _results.Values.Select(result => JsonSerializer.Serialize(result)));
    }


    public void Add(Result result)
    {
        ArgumentNullException.ThrowIfNull(result);
        _results[result.Id] = result;
        File.AppendAllText(_path, JsonSerializer.Serialize(result) + "\n");
    }
}
