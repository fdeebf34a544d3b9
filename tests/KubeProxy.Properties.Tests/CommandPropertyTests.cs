using KubeProxy.Properties.Tests.Duel;
using KubeProxy.Properties.Tests.Setup;
using Xunit;

namespace KubeProxy.Properties.Tests;

/// <summary>Commands that fail.</summary>
public sealed class CommandPropertyTests
{
    private const int LinesOfAScenario = 60;

    private static readonly string[] Words =
        ["port", "protocol", "tcp", "udp", "del", "weight", "drain", "65536", "0", "-1", "80", "10.1.0.1", "10.96.0.1/32", "fd00:1::1", "new_len", "1000", "masquerade", "x", "nat64", "affinity"];

    /// <summary>What users see, the sessions, and every byte that workers see of them.</summary>
    [Fact]
    [Trait("Check", "P12")]
    public void ALineThatFailsChangesNothing()
    {
        (int failed, int typed) = (0, 0);
        Scenario.Each(40, 17, scenario =>
            {
                using var play = new Play(scenario);
                play.Run();
                RealRouter router = play.Routers.Real;
                string[] lines = [.. play.Routers.Lines.Where(line => line.StartsWith("kube-proxy", StringComparison.Ordinal))];
                var random = new Random(scenario.Configuration);
                for (int i = 0; i < LinesOfAScenario; i++)
                {
                    // What has been done cannot be done again: most lines that are taken fail the second time.
                    string line = Spoil(random, lines[random.Next(lines.Length)]);
                    for (int again = 0; again < 2; again++) failed += IsRefused(router, line) ? 1 : 0;
                    typed += 2;
                }
            });
        Assert.True(failed * 2 > typed, $"only {failed} of {typed} lines failed");
    }

    private static bool IsRefused(RealRouter router, string line)
    {
        string before = router.Image();
        bool isRefused = router.Type(line).StartsWith("error:", StringComparison.Ordinal);
        if (isRefused && router.Image() != before) throw new DifferenceException($"\"{line}\" failed and changed something");
        return isRefused;
    }

    /// <summary>A line that was right once, to which "del" is put at times, or of which a word is missing, doubled or another.</summary>
    private static string Spoil(Random random, string line)
    {
        List<string> words = [.. line.Split(' ')];
        int at = random.Next(2, words.Count);
        switch (random.Next(5))
        {
            case 0: words.RemoveAt(at); break;
            case 1: words.Insert(at, words[at]); break;
            case 2: words[at] = Words[random.Next(Words.Length)]; break;
            case 3: words.Add(random.Next(3) == 0 ? Words[random.Next(Words.Length)] : "del"); break;
            default: break;
        }

        return string.Join(' ', words);
    }
}
