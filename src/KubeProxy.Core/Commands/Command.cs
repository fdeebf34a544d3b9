using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary>One command of the command line.</summary>
public sealed class Command
{
    private readonly Func<string, string> _run;

    internal Command(string path, string help, Func<string, string> run)
    {
        Path = path;
        Help = help;
        _run = run;
    }

    /// <summary>The words that lead to it.</summary>
    public string Path { get; }

    /// <summary>One line of help: its grammar.</summary>
    public string Help { get; }

    /// <summary>
    /// Runs it with the rest of the line behind the path; answers its text without a final line end, or nothing.
    /// Throws <see cref="CommandException"/> with the text of the error.
    /// </summary>
    public string Run(string arguments) => _run(arguments);
}
