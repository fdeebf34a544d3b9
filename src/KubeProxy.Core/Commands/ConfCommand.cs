using System.Net;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy conf</c>: session table settings, ranges of ports, and the prefix of nat46 clients.</summary>
internal static class ConfCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help =
        "kube-proxy conf [buckets <n>] [buckets-log2 <n>] "
        + "[timeout <s>|default|udp|tcp|tcp-opening|tcp-closing|icmp <s>|default [udp|tcp|... <s>|default [...]]] "
        + "[node-port-range <first>-<last>] [masquerade-ports <first>-<last>] [prefix64 <prefix>]";

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var words = new WordReader(line);
        SessionSettings settings = catalog.Plane.Sessions;
        PortRange? range = null;
        IPNetwork? prefix64 = null;
        bool isEmpty = true;
        while (words.TryNext(out string word))
        {
            if (word == "node-port-range") range = TakePorts(words, word);
            else if (word == "prefix64") prefix64 = TakePrefix(words, word);
            else settings = Take(words, word, settings);
            isEmpty = false;
        }

        if (isEmpty) throw new CommandException("nothing to configure: give buckets, buckets-log2, timeout, node-port-range, masquerade-ports or prefix64");
        catalog.Configure(settings, range, prefix64);
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
            case "masquerade-ports":
                return settings with { MasqueradePorts = TakePorts(words, word) };
            case "timeout":
                words.Once(word);
                return settings with { Timeouts = TakeTimeouts(words, settings.Timeouts) };
            default:
                throw WordReader.Unknown(word);
        }
    }

    private static PortRange TakePorts(WordReader words, string option)
    {
        words.Once(option);
        return Numbers.ParsePorts(option, words.ValueOf(option));
    }

    private static IPNetwork TakePrefix(WordReader words, string option)
    {
        words.Once(option);
        return AddressParser.ParsePrefix(words.ValueOf(option));
    }

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
