using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// Lines that would do something, spoilt in every word: each is refused by its own command, with the word at fault, and when
/// all have been typed nothing has changed. That the lines are good unspoilt is shown last.
/// </summary>
public abstract class GrammarStories(HostFixture fixture) : Story(fixture)
{
    /// <summary>Words that mean nothing anywhere. Of long ones an error quotes the beginning, and what is not printable it escapes.</summary>
    private static readonly string[] Garbage =
    [
        "zzz", "-1", "4294967296", "99999999999999999999", "0x50", "1e9", "+5", "08", "%s%n%x", "::1.2.3.4/129", "10.2.0.11.1", "2003::/129", "fd02::11%pg1",
        "1.2.3.4/33", "\u00e9", "\u0001", new string('9', 5000),
    ];

    /// <summary>Words that need another one behind them.</summary>
    private static readonly string[] Options = ["port", "protocol", "target_port", "new_len", "affinity", "same_as", "weight", "buckets", "timeout", "nat46-zero-udp-checksum", "limit", "in"];

    /// <summary>The command's path, how it is typed, the words behind it, and the lines that undo it.</summary>
    public static TheoryData<string, string, string, string> Lines { get; } = new()
    {
        { "kube-proxy vip", "ku vip", "90.1.2.9/32 port 80 protocol udp target_port 8080 nat4 new_len 256 affinity 600", "ku vip 90.1.2.9 del" },
        { "kube-proxy vip", "ku vip", "2003::9/128 port 80 protocol tcp nat66", "ku vip 2003::9 del" },
        { "kube-proxy vip", "ku vip", "90.1.2.9/32 port 80 protocol sctp target_port 8080 affinity 600", "ku vip 90.1.2.9 del" },
        { "kube-proxy vip", "ku vip", "90.1.2.9/32 same_as 90.1.2.3/32", "ku vip 90.1.2.9 del" },
        { "kube-proxy vip", "ku vip", "90.1.2.3/32 port 81 protocol tcp new_len 1024 del", "ku vip 90.1.2.3 port 81 protocol tcp" },
        { "kube-proxy pod", "ku pod", "90.1.2.3/32 port 80 protocol tcp 10.2.0.15 10.2.0.16 weight 3", "ku pod 90.1.2.3 port 80 10.2.0.15 10.2.0.16 del drain 0" },
        { "kube-proxy pod", "ku pod", "90.1.2.3/32 port 80 protocol tcp 10.2.0.11 drain 60", "ku pod 90.1.2.3 port 80 10.2.0.11" },
        { "kube-proxy pod", "ku pod", "90.1.2.3/32 port 80 10.2.0.11 del drain 60", "ku pod 90.1.2.3 port 80 10.2.0.11" },
        { "kube-proxy set interface nat4", "ku set interface nat4", "in pg0", "ku set interface nat4 in pg0 del" },
        { "kube-proxy set interface nat6", "ku set interface nat6", "in pg1 del", "ku set interface nat6 in pg1" },
        { "kube-proxy conf", "ku conf", "buckets 1024 timeout udp 30 tcp 3600 icmp default", "ku conf buckets-log2 16 timeout default" },
        { "kube-proxy conf", "ku conf", "nat46-zero-udp-checksum reject", "ku conf nat46-zero-udp-checksum compute" },
        { "show kube-proxy vips", "show ku vips", "90.1.2.3/32 verbose", "" },
        { "show kube-proxy sessions", "show ku sessions", "limit 10", "" },
        { "show kube-proxy why", "show ku why", "tcp 172.16.1.1 40000 90.1.2.3 80", "" },
        { "show kube-proxy why", "show ku why", "sctp 172.16.1.1 40000 90.1.2.3 80", "" },
    };

    [Theory]
    [Trait("Check", "REL-13")]
    [MemberData(nameof(Lines))]
    public void ALineWithASpoiltWordIsRefusedByItsCommandAndChangesNothing(string path, string typed, string words, string undo)
    {
        Cluster.Add(Family.Ip4, 80, "tcp");
        Cluster.Add(Family.Ip4, 81, "tcp");
        string before = HostState.Of(Host);
        foreach ((string spoilt, string? word) in Spoilt(words))
        {
            string printed = Host.Cli($"{typed} {spoilt}");
            Assert.StartsWith($"{path}: ", printed, StringComparison.Ordinal);
            Assert.Contains(word ?? "", printed, StringComparison.Ordinal);
        }

        Assert.Equal(before, HostState.Of(Host));
        Assert.DoesNotContain($"{path}: ", Host.Cli($"{typed} {words}"), StringComparison.Ordinal);
        if (undo.Length > 0)
            Lab.Type(undo);
    }

    /// <summary>Every word is garbage once, every option is once the last word and once there twice; and one word is too many.</summary>
    private static IEnumerable<(string Line, string? Word)> Spoilt(string words)
    {
        string[] all = words.Split(' ');
        for (int i = 0; i < all.Length; i++)
        {
            foreach (string garbage in Garbage)
                yield return (string.Join(' ', [.. all[..i], garbage, .. all[(i + 1)..]]), IsQuotedInFull(garbage) ? garbage : null);
            if (!Options.Contains(all[i]))
                continue;
            yield return (string.Join(' ', all[..(i + 1)]), all[i]);
            yield return ($"{words} {all[i]} {all[i + 1]}", all[i]);
        }

        yield return ($"{words} zzz", "zzz");
    }

    private static bool IsQuotedInFull(string word) => word.Length <= 40 && word.All(character => character is >= ' ' and <= '~');
}

[Collection<VppAloneCollection>]
public sealed class GrammarInVpp(VppAlone host) : GrammarStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class GrammarInVppWithOneWorker(VppWithOneWorker host) : GrammarStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class GrammarInVppWithTwoWorkers(VppWithTwoWorkers host) : GrammarStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class GrammarInTheEmbeddedHost(EmbeddedHost host) : GrammarStories(host);
