using System.Reflection;

namespace KubeProxy.Fuzz;

/// <summary>Where inputs lie: beside the sources, so that what is found is checked in.</summary>
internal static class Inputs
{
    /// <summary>The folder of this program's sources.</summary>
    public static string Sources { get; } = typeof(Inputs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "Sources").Value!;

    public static string Corpus => Path.Combine(Sources, "corpus");

    public static string Crashers => Path.Combine(Sources, "crashers");

    /// <summary>A place for a run's new inputs, which nobody checks in.</summary>
    public static string NewOutput => Path.Combine(Sources, "bin", "found");
}
