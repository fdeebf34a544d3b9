using System.Text;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>show kube-proxy sessions</c>: who talks to which pod.</summary>
internal static class ShowSessions
{
    private const uint DefaultLimit = 100;
    private const uint LargestLimit = 1_000_000;

    /// <summary>Its grammar.</summary>
    public const string Help = "show kube-proxy sessions [limit <n>]";

    /// <summary>The text.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var words = new WordReader(line);
        uint limit = DefaultLimit;
        while (words.TryNext(out string word))
        {
            if (word != "limit") throw WordReader.Unknown(word);
            words.Once(word);
            limit = words.NumberOf(word, 1, LargestLimit);
        }

        IReadOnlyList<SessionView> sessions = catalog.Plane.ListSessions((int)limit);
        var text = new StringBuilder();
        if (sessions.Count > 0) AppendTable(text, catalog, sessions);
        SessionUse use = catalog.Plane.ReadSessionUse();
        text.Append($"{sessions.Count} shown of {use.Ip4Live + use.Ip6Live} sessions");
        return text.ToString();
    }

    // Which table a session is in is a column only where one is in another table than 0.
    private static void AppendTable(StringBuilder text, ServiceCatalog catalog, IReadOnlyList<SessionView> sessions)
    {
        List<string> columns = ["#worker", "protocol", "client", "vip", "pod", "source", "#idle"];
        bool hasTables = sessions.Any(session => session.Table != 0);
        if (hasTables) columns.Add("#table");
        var table = new TextTable([.. columns]);
        foreach (SessionView session in sessions)
        {
            List<string> cells =
            [
                $"{session.Worker}", ServiceKey.NameOf(session.Protocol),
                ServiceKey.EndOf(session.Protocol, session.Client), ServiceKey.EndOf(session.Protocol, session.Vip),
                catalog.FindPod(session.PodSlot)?.EndPoint ?? "none", session.Source?.ToString() ?? "kept", $"{session.IdleSeconds}",
            ];
            if (hasTables) cells.Add($"{session.Table}");
            table.Add([.. cells]);
        }

        table.WriteTo(text, string.Empty);
    }
}
