using System.Net;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy conf</c>: session table settings, ranges of ports, and what concerns nat46.</summary>
internal static class ConfCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help =
        "kube-proxy conf [buckets <n>] [buckets-log2 <n>] "
        + "[timeout <s>|default|udp|tcp|tcp-opening|tcp-closing|icmp <s>|default [udp|tcp|... <s>|default [...]]] "
        + "[node-port-range <first>-<last>] [masquerade-ports <first>-<last>] [prefix64 <prefix>] "
        + "[nat46-zero-udp-checksum compute|reject]";

    private const string NothingGiven =
        "nothing to configure: give buckets, buckets-log2, timeout, node-port-range, masquerade-ports, prefix64 or nat46-zero-udp-checksum";

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        var words = new WordReader(line);
        SessionSettings settings = catalog.Plane.Sessions;
        PortRange? range = null;
        IPNetwork? prefix64 = null;
        NoChecksum? noUdpChecksum = null;
        bool isEmpty = true;
        while (words.TryNext(out string word))
        {
            if (word == "node-port-range") range = TakePorts(words, word);
            else if (word == "prefix64") prefix64 = TakePrefix(words, word);
            else if (word == "nat46-zero-udp-checksum") noUdpChecksum = TakeNoChecksum(words, word);
            else settings = Take(words, word, settings);
            isEmpty = false;
        }

        if (isEmpty) throw new CommandException(NothingGiven);
        catalog.Configure(settings, range, prefix64, noUdpChecksum);
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

    private static NoChecksum TakeNoChecksum(WordReader words, string option)
    {
        words.Once(option);
        string word = words.ValueOf(option);
        return word switch
        {
            "compute" => NoChecksum.Compute,
            "reject" => NoChecksum.Reject,
            _ => throw new CommandException($"{option} {Quote.Word(word)} is neither compute nor reject"),
        };
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
