using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Properties.Tests.Duel;
using KubeProxy.Properties.Tests.Setup;
using Xunit;

namespace KubeProxy.Properties.Tests;

/// <summary>
/// The shipped code beside the oracle: generated configurations, packets right and wrong, commands and time. A failure prints a seed;
/// <c>CsCheck_Seed=...</c> in the environment plays that scenario first.
/// </summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const long DefaultCases = 60_000;
    private const int ScenariosAtOnce = 50;
    private const int MostNotCoveredPercent = 1;

    /// <summary>Everything that may become of a packet, at least once; otherwise the comparison would be of little.</summary>
    private static readonly string[] Fates =
    [
        "forward Translated First", "forward Translated First failed over", "forward Translated Existing", "forward Translated None", "return Translated None", "return Passed",
        "forward Answered UnknownPort reject: rst", "forward Answered UnknownPort reject: port unreachable", "forward Answered NoPod reject: rst",
        "forward Answered NoPod reject: port unreachable", "forward Answered EchoRequest echo answered", "forward Answered NoHopLeft reject: time exceeded",
        "forward Answered TooLong reject: packet too big", "forward Dropped UnknownPort reject: not answerable", "forward Dropped ProtocolNotSupported",
        "forward Dropped IcmpNotSupported", "forward Dropped Truncated", "forward Dropped ExtensionHeader", "forward Dropped Fragment", "forward Dropped ZeroUdpChecksum",
        "forward Dropped IcmpQuote", "forward Dropped IcmpNoSession", "forward Dropped IcmpDamaged", "forward Dropped BadSource", "forward Dropped EchoNoPod",
        "forward Dropped NoSourcePort reject: not answerable", "forward Dropped ReturnClash", "forward Reassembled Fragment",
        "forward nat46 Translated First", "forward nat46 Translated Existing", "forward nat46 Translated None", "return nat46 Translated None", "forward nat46 Answered UnknownPort reject: rst",
        "forward nat46 Answered UnknownPort reject: port unreachable", "forward nat46 Answered EchoRequest echo answered", "forward nat46 Answered NoHopLeft reject: time exceeded",
        "forward nat46 Dropped NotTranslatable", "forward nat46 Dropped IcmpDamaged", "forward nat46 Fragmented ToBeFragmented", "forward nat46 Answered NoUdpChecksum reject: prohibited",
        "forward nat46 Answered TooLong reject: packet too big", "forward nat46 Dropped NoSourcePort reject: not answerable",
        "forward nat64 Translated First", "forward nat64 Translated Existing", "forward nat64 Translated None", "return nat64 Translated None", "forward nat64 Answered UnknownPort reject: rst",
        "forward nat64 Answered UnknownPort reject: port unreachable", "forward nat64 Answered EchoRequest echo answered", "forward nat64 Answered NoHopLeft reject: time exceeded",
        "forward nat64 Dropped NotTranslatable", "forward nat64 Answered HiddenHeader reject: prohibited", "return Dropped NotTranslatable", "return Dropped Truncated",
        "forward node port Translated First", "forward node port Translated Existing", "forward node port Translated None", "forward node port Answered NoHopLeft reject: time exceeded",
        "forward Passed to the node",
        "forward fragment Translated First", "forward fragment Translated Existing", "forward fragment Answered NoHopLeft reject: time exceeded",
        "forward fragment Dropped NoHopLeft reject: not answerable", "forward fragment Dropped UnknownPort reject: not answerable", "return fragment Translated None",
        "forward tcp fragment Translated First", "forward tcp fragment Translated Existing", "forward tcp fragment Dropped Truncated", "forward tcp fragment Answered NoHopLeft reject: time exceeded",
        "return tcp fragment Translated None",
    ];

    [Fact]
    [Trait("Check", "P1")]
    [Trait("Check", "P8")]
    public void WhatBecomesOfEveryPacketIsWhatTheOracleSaysByteForByte()
    {
        var tally = new Tally();
        long cases = Scenario.WantedCases ?? DefaultCases;
        for (uint number = 100; tally.Cases < cases; number++) Scenario.Each(ScenariosAtOnce, number, scenario => Run(scenario, tally));
        output.WriteLine(tally.ToString());
        foreach ((string name, long count) in tally.Fates.OrderByDescending(pair => pair.Value)) output.WriteLine($"{count,9} {name}");
        Assert.True(tally.NotCovered * 100 <= tally.Cases * MostNotCoveredPercent, $"{tally.NotCovered} of {tally.Cases} are not covered");
        Assert.All(Fates, fate => Assert.Contains(fate, tally.Fates));
    }

    /// <summary>Tables of eight sessions of each family: which flows are remembered is not the oracle's to know, everything else is.</summary>
    [Fact]
    [Trait("Check", "P8")]
    public void WithFullTablesFlowsAreServedWithoutBeingRememberedAndNothingElseDiffers()
    {
        var tally = new Tally();
        DataPathOptions tiny = RealRouter.Roomy with { BucketCount = 2, ReturnBucketCount = 2 };
        Scenario.Each(150, 12, scenario =>
            {
                using var play = new Play(scenario, tiny);
                play.Routers.Plain.TablesMayBeFull = true;
                play.Run();
                tally.Add(play.Judge);
            });
        Assert.True(tally.Fates.Where(fate => fate.Key.EndsWith("Translated Untracked", StringComparison.Ordinal)).Sum(fate => fate.Value) > 100);
    }

    private static void Run(Scenario scenario, Tally tally)
    {
        using var play = new Play(scenario);
        play.Run();
        tally.Add(play.Judge);
    }
}
