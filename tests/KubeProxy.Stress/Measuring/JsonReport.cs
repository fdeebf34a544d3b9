using System.Runtime.InteropServices;
using System.Text.Json;

namespace KubeProxy.Stress.Measuring;

/// <summary>Reports as a file that a machine reads.</summary>
public static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void Write(string path, IReadOnlyCollection<Report> reports)
    {
        var file = new
        {
            Date = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            Cores = Environment.ProcessorCount,
            Kernel = RuntimeInformation.OSDescription,
            IsPassed = reports.All(report => report.IsPassed),
            Runs = reports.Select(report => new { report.Title, report.IsPassed, Figures = report.Figures.ToDictionary(figure => figure.Name, figure => figure.Value), report.Gates }),
        };
        File.WriteAllText(path, JsonSerializer.Serialize(file, Options));
    }
}
