using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy conf</c>: session table settings and the range of node ports.</summary>
internal static class ConfCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help =
        "kube-proxy conf [buckets <n>] [buckets-log2 <n>] "
        + "[timeout <s>|default|udp|tcp|tcp-opening|tcp-closing|icmp <s>|default [udp|tcp|... <s>|default [...]]] "
        + "[node-port-range <first>-<last>]";

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var words = new WordReader(line);
        SessionSettings settings = catalog.Plane.Sessions;
        NodePortRange? range = null;
        bool isEmpty = true;
        while (words.TryNext(out string word))
        {
            if (word == "node-port-range") range = TakeRange(words, word);
            else settings = Take(words, word, settings);
            isEmpty = false;
        }

        if (isEmpty) throw new CommandException("nothing to configure: give buckets, buckets-log2, timeout or node-port-range");
        catalog.Configure(settings, range);
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
                return settings with { Timeouts = TakeTimeouts(words, settings.Timeouts) };
            default:
                throw WordReader.Unknown(word);
        }
    }

    private static NodePortRange TakeRange(WordReader words, string option)
    {
        words.Once(option);
        string word = words.ValueOf(option);
        string[] ends = word.Split('-');
        if (ends.Length != 2) throw new CommandException($"{option} {Quote.Word(word)} is not a range, such as {NodePortRange.Default}");
        return new NodePortRange(ParsePort(option, ends[0]), ParsePort(option, ends[1]));
    }

    private static ushort ParsePort(string option, string word) => (ushort)Numbers.Parse(option, word, 1, ushort.MaxValue);

    // One time for all kinds, or pairs of a kind and its time.
    private static SessionTimeouts TakeTimeouts(WordReader words, SessionTimeouts timeouts)
    {
        if (!words.TryNextIf(IsKind, out string kind))
        {
            string word = words.ValueOf("timeout");
            return word == "default" ? SessionTimeouts.Default : SessionTimeouts.All(Parse("timeout", word));
        }

        do
        {
            string option = $"timeout {kind}";
            words.Once(option);
            string word = words.ValueOf(option);
            timeouts = timeouts.With(kind, word == "default" ? SessionTimeouts.Default.Of(kind) : Parse(option, word));
        }
        while (words.TryNextIf(IsKind, out kind));

        return timeouts;
    }

    private static uint Parse(string option, string word) => Numbers.Parse(option, word, 1, Limits.TimeoutSeconds);

    private static bool IsKind(string word) => SessionTimeouts.Words.Contains(word);
}
