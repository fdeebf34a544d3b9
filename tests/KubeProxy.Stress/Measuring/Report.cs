using System.Globalization;
using System.Text;

namespace KubeProxy.Stress.Measuring;

/// <summary>Something measured; a unit is part of the name.</summary>
public sealed record Figure(string Name, double Value);

/// <summary>A demand on the figures, and what was found.</summary>
public sealed record Gate(string Name, bool IsPassed, string Found);

/// <summary>What one run found: figures, and gates that it passed or not.</summary>
public sealed class Report(string title)
{
    private readonly List<Figure> _figures = [];
    private readonly List<Gate> _gates = [];

    public string Title { get; } = title;

    public IReadOnlyList<Figure> Figures => _figures;

    public IReadOnlyList<Gate> Gates => _gates;

    /// <summary>A run without a gate has shown nothing.</summary>
    public bool IsPassed => _gates.Count > 0 && _gates.All(gate => gate.IsPassed);

    public double this[string figure] => _figures.Single(row => row.Name == figure).Value;

    public void Note(string figure, double value) => _figures.Add(new Figure(figure, value));

    public void Demand(string gate, bool isPassed, string found) => _gates.Add(new Gate(gate, isPassed, found));

    public override string ToString()
    {
        StringBuilder text = new($"{Title}\n");
        foreach (Figure figure in _figures)
            text.Append(CultureInfo.InvariantCulture, $"  {figure.Name,-52} {figure.Value,18:#,0.###}\n");
        foreach (Gate gate in _gates)
            text.Append(CultureInfo.InvariantCulture, $"  {(gate.IsPassed ? "passed" : "FAILED")}  {gate.Name}: {gate.Found}\n");
        return text.ToString();
    }
}
