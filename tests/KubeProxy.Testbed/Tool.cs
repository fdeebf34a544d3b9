using System.Diagnostics;

namespace KubeProxy.Testbed;

/// <summary>What a program wrote and returned.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Error);

/// <summary>Runs programs with a time limit, and finds them on the PATH.</summary>
public static class Tool
{
    private static readonly string[] SystemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    public static bool IsRoot => Environment.UserName == "root" || Environment.IsPrivilegedProcess;

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(SystemFolders)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end; a non-zero exit status is the caller's to judge.</summary>
    public static ToolResult Try(string name, params IReadOnlyList<string> arguments) => Try(TimeSpan.FromSeconds(60), name, arguments);

    public static ToolResult Try(TimeSpan limit, string name, params IReadOnlyList<string> arguments)
    {
        using Process process = Start(name, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TestbedException($"'{name} {string.Join(' ', arguments)}' did not end within {limit.TotalSeconds} s");
        }

        process.WaitForExit();
        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Runs a program that must succeed and returns what it wrote.</summary>
    public static string Run(string name, params IReadOnlyList<string> arguments)
    {
        ToolResult result = Try(name, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new TestbedException($"'{name} {string.Join(' ', arguments)}' ended with {result.ExitCode}: {result.Error.Trim()}{result.Output.Trim()}");
    }

    /// <summary>Starts a program whose output the caller reads.</summary>
    public static Process Start(string name, IReadOnlyList<string> arguments)
    {
        string path = name.Contains('/', StringComparison.Ordinal) ? name : Find(name) ?? throw new TestbedException($"'{name}' is not installed");
        ProcessStartInfo start = new(path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        return Process.Start(start) ?? throw new TestbedException($"'{path}' did not start");
    }
}
