namespace KubeProxy.Demo;

/// <summary>Who answered one request, or why nobody did; one line of the client's output.</summary>
internal sealed record Answer(string Family, string Protocol, string? Pod, string? Failure)
{
    public string ToLine() => $"{Family}\t{Protocol}\t{Pod}\t{Failure?.ReplaceLineEndings(" ")}";

    public static Answer Parse(string line) => line.Split('\t') is [var family, var protocol, var pod, var failure]
        ? new Answer(family, protocol, pod.Length > 0 ? pod : null, pod.Length > 0 ? null : failure)
        : throw new FormatException($"the client wrote '{line}'");
}
