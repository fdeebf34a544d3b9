using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>All or nothing: whichever call or allocation of a change fails, everything is as it was (invariant CFG-2).</summary>
public class RollBackTests
{
    public static TheoryData<string> Lines => new(
        "ku vip 91.0.0.0/8 port 80 target_port 81",
        "ku vip 90.0.0.0/8 port 81 new_len 65536",
        "ku vip 2004::/16",
        "ku vip 91.0.0.0/8 port 80 masquerade 10.9.9.9 outside",
        "ku vip 192.0.2.1 same_as 90.0.0.0/8",
        "ku vip 93.0.0.1 port 80 protocol tcp target_port 8080 affinity 60 new_len 16 nat46",
        "ku vip 2006::1 port 80 protocol tcp nat64 masquerade 10.9.9.7 new_len 16",
        "ku vip 92.0.0.0/8 del",
        "ku pod 92.0.0.0/8 10.0.0.7",
        "ku vip 90.0.0.0/8 port 80 protocol udp del",
        "ku vip 90.0.0.0/8 port 80 del",
        "ku vip 2003::/16 del",
        "ku pod 90.0.0.0/8 10.0.0.3 10.0.0.4",
        "ku pod 90.0.0.0/8 10.0.0.9 10.0.0.5",
        "ku pod 90.0.0.0/8 10.0.0.1 del",
        "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 del",
        "ku pod 2003::/16 2001::4 2001::5",
        "ku pod 2003::/16 2001::2 2001::3 del",
        "ku pod 90.0.0.0/8 10.0.0.3 10.0.0.2 weight 5",
        "ku pod 90.0.0.0/8 10.0.0.9 10.0.0.1 weight 0",
        "ku pod 90.0.0.0/8 10.0.0.1 drain",
        "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 drain 0",
        "ku pod 90.0.0.0/8 10.0.0.9 10.0.0.2 del drain 30",
        "ku pod 2003::/16 2001::6",
        "ku pod 2003::/16 2001::6 2001::7 weight 2",
        "ku pod 2003::/16 2001::6 del",
        "ku vip 92.0.0.0/8 port 80 node_port 30080 new_len 16",
        "ku vip 90.0.0.0/8 port 81 protocol udp node_port 30080",
        "ku vip 2005::1 port 80 protocol tcp node_port 30090 del",
        "ku pod 2005::1 2001::9 del",
        "ku pod 2005::1 2001::9 2001::8 weight 2",
        "ku conf buckets 1024 node-port-range 1-65535",
        "ku conf buckets 1024 timeout 60",
        "ku conf timeout udp 60 tcp 70",
        "ku conf masquerade-ports 1024-2047",
        "ku set interface nat4 in pg1",
        "ku set interface nat4 in pg0 del",
        "test kube-proxy flowtable flush");

    [Theory]
    [Trait("Check", "LIF-08")]
    [Trait("Defect", "D13")]
    [MemberData(nameof(Lines))]
    public void WhateverStepFailsNothingHasChangedAndTheLineWorksAfterwards(string line)
    {
        string expected = Outcome(line);
        int failures = 0;
        for (int step = 1; ; step++, failures++)
        {
            using CatalogFixture fixture = Prepared(line.Contains("2005::1", StringComparison.Ordinal));
            string before = fixture.Describe();
            fixture.Plane.FailAfter = step;
            if (fixture.TryRun(line, out string message)) break;
            Assert.True(message.Contains("fails", StringComparison.Ordinal) || message.Contains("out of memory", StringComparison.Ordinal), message);
            Assert.Equal(before, fixture.Describe());
            fixture.Run(line);
            Assert.Equal(expected, fixture.Describe());
        }

        Assert.True(failures > 0);
    }

    private static string Outcome(string line)
    {
        using CatalogFixture fixture = Prepared(line.Contains("2005::1", StringComparison.Ordinal));
        fixture.Run(line);
        return fixture.Describe();
    }

    // Two families, several services, a removed pod that drains, one that is held back, an interface, and if the line asks for
    // it a node port: the first one switches more than later ones do.
    private static CatalogFixture Prepared(bool hasNodePort)
    {
        var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 new_len 16", "ku pod 90.0.0.0/8 10.0.0.9", "ku vip 2003::/16 new_len 16", "ku pod 2003::/16 2001::2 2001::3");
        fixture.Plane.SessionCounts[1] = 1;
        fixture.Plane.SessionCounts[2] = 1;
        fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.9 del", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2", "ku set interface nat4 in pg0");
        fixture.RunAll("ku vip 92.0.0.0/8 masquerade 10.9.9.8 new_len 16", "ku pod 92.0.0.0/8 10.0.0.6");
        fixture.RunAll("ku pod 2003::/16 2001::6 weight 7", "ku pod 2003::/16 2001::6 drain 60");
        if (hasNodePort) fixture.RunAll("ku vip 2005::1 port 80 protocol tcp node_port 30090 new_len 16", "ku pod 2005::1 2001::9");
        return fixture;
    }
}
