using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy conf</c>: session table settings.</summary>
internal static class ConfCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help = "kube-proxy conf [buckets <n>] [buckets-log2 <n>] [timeout <s>|default]";

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var words = new WordReader(line);
        SessionSettings settings = catalog.Plane.Sessions;
        bool isEmpty = true;
        while (words.TryNext(out string word))
        {
            settings = Take(words, word, settings);
            isEmpty = false;
        }

        if (isEmpty) throw new CommandException("nothing to configure: give buckets, buckets-log2 or timeout");
        catalog.Configure(settings);
        return string.Empty;
    }

    private static SessionSettings Take(WordReader words, string word, SessionSettings settings)
    {
        switch (word)
        {
            case "buckets":
                words.Once(word, "buckets");
                return settings with { BucketCount = words.NumberOf(word, 1, Limits.Buckets) };
            case "buckets-log2":
                words.Once(word, "buckets");
                return settings with { BucketCount = 1u << (int)words.NumberOf(word, 0, Limits.BucketsLog2) };
            case "timeout":
                words.Once(word);
                return settings with { TimeoutSeconds = ParseTimeout(words.ValueOf(word)) };
            default:
                throw WordReader.Unknown(word);
        }
    }

    private static uint? ParseTimeout(string word) => word == "default" ? null : Numbers.Parse("timeout", word, 1, Limits.TimeoutSeconds);
}
