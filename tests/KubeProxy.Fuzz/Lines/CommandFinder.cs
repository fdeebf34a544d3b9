using KubeProxy.Core.Commands;

namespace KubeProxy.Fuzz.Lines;

/// <summary>Finds a line's command as the host does: by the longest path, of which every word may be abbreviated.</summary>
internal static class CommandFinder
{
    /// <summary>The command and the rest of the line as it was typed.</summary>
    public static (Command Command, string Arguments)? Find(IReadOnlyList<Command> commands, string line)
    {
        (Command, string)? best = null;
        int bestLength = 0;
        foreach (Command command in commands)
        {
            string[] path = command.Path.Split(' ');
            if (path.Length <= bestLength || !TryMatch(path, line, out string rest)) continue;
            (best, bestLength) = ((command, rest), path.Length);
        }

        return best;
    }

    private static bool TryMatch(string[] path, string line, out string rest)
    {
        rest = line;
        foreach (string word in path)
        {
            rest = rest.TrimStart(' ');
            int end = rest.IndexOf(' ', StringComparison.Ordinal);
            string typed = end < 0 ? rest : rest[..end];
            bool isMeant = typed.Length != 0 && ((typed == "ku" && word == "kube-proxy") || word.StartsWith(typed, StringComparison.Ordinal));
            if (!isMeant) return false;
            rest = end < 0 ? string.Empty : rest[end..];
        }

        return true;
    }
}
