using System.Globalization;
using KubeProxy.Bench.Vpp.Report;

namespace KubeProxy.Bench.Vpp;

/// <summary>The files of a run: table, samples, plot. Of a busy machine none are written unless that is asked for.</summary>
internal sealed class ResultFiles(string folder, string label, bool isForced)
{
    public string Label => label;

    /// <summary>The plot's file, as the table names it.</summary>
    public string PlotName => $"{Name}.svg";

    private string Name { get; } = $"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}-{label}";

    public void Write(CpuUse before, string table, string samples, string? plot)
    {
        if (!before.IsQuiet && !isForced)
        {
            Console.WriteLine($"nothing written: the machine was {before} before the run; --force writes it nevertheless");
            return;
        }

        string cpu = Path.Combine(folder, CpuFolder.Name);
        Directory.CreateDirectory(cpu);
        string path = Path.Combine(cpu, Name);
        File.WriteAllText(path + ".md", table);
        File.WriteAllText(path + ".json", samples);
        if (plot is not null)
            File.WriteAllText(Path.Combine(cpu, PlotName), plot);
        Console.WriteLine($"written: {path}.md, .json{(plot is null ? "" : ", .svg")}");
    }
}
