using CsCheck;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Services;
using KubeProxy.Core.Tests.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Commands;

/// <summary>What is refused, with the text that names the word at fault; nothing changes.</summary>
public class RefusalTests
{
    private static readonly string[] Vocabulary =
    [
        "90.0.0.0/8", "2003::/16", "91.0.0.0/8", "10.0.0.1", "2001::2", "90.1.1.1", "port", "80", "protocol", "tcp", "udp", "sctp", "any", "target_port",
        "81", "node_port", "30080", "nat4", "nat6", "nat44", "nat66", "nat46", "nat64", "new_len", "16", "0", "65536", "65616", "del", "in", "pg1", "pg9",
        "buckets", "buckets-log2", "timeout", "default", "verbose", "limit", "-1", "+5", "0x10", "1e9", "99999999999999999999", "%n%s", "\x1b[2J", "\u20ac",
        "weight", "drain", "30", "affinity", "masquerade", "outside", "masquerade-ports", "40000-40100", "same_as", "100", "101", "tcp-opening", "icmp", "10.0.0.9", "2001::9",
        "\0", "node-port-range", "30000-30079", "nat46-zero-udp-checksum", "compute", "reject", "1-65535", "::ffff:1.2.3.4/120", "0.0.0.0/0", "255.255.255.255", "10.0.0.0/33", "a\"b",
    ];

    [Theory]
    [Trait("Defect", "D16")]
    [Trait("Defect", "A-13")]
    [Trait("Defect", "A-20")]
    [InlineData("ku vip", "a VIP prefix is missing, such as 90.0.0.0/8")]
    [InlineData("ku vip port 80", "\"port\" is not a prefix")]
    [InlineData("ku vip 91.0.0.0/8 port", "option port needs a value")]
    [InlineData("ku vip 91.0.0.0/8 port 65616", "port \"65616\" is out of range (1 to 65535)")]
    [InlineData("ku vip 91.0.0.0/8 port 80 port 80", "option port is given twice")]
    [InlineData("ku vip 91.0.0.0/8 protocol", "option protocol needs a value")]
    [InlineData("ku vip 91.0.0.0/8 protocol sctp target_port 80", "target_port 80 needs a port: a service without a port keeps the packet's port")]
    [InlineData("ku vip 91.0.0.0/8 protocol sctp port 80 node_port 30001", "node_port 30001 needs protocol tcp or udp, not sctp")]
    [InlineData("ku vip 91.0.0.0/8 protocol TCP", "protocol \"TCP\" is none of tcp, udp, sctp, any")]
    [InlineData("ku vip 91.0.0.0/8 protocol 6", "protocol \"6\" is none of tcp, udp, sctp, any")]
    [InlineData("ku vip 91.0.0.0/8 port 80 target_port 0", "target_port \"0\" is out of range (1 to 65535)")]
    [InlineData("ku vip 91.0.0.0/8 target_port 80", "target_port 80 needs a port: a service without a port keeps the packet's port")]
    [InlineData("ku vip 91.0.0.0/8 nat64", "nat64 is not for VIP 91.0.0.0/8, which is IPv4: use nat4 or nat46")]
    [InlineData("ku vip 2004::/16 nat46", "nat46 is not for VIP 2004::/16, which is IPv6: use nat6 or nat64")]
    [InlineData("ku vip 2004::/16 nat64", "nat64 needs masquerade <IPv4 address>: an IPv4 pod cannot see an IPv6 client's address")]
    [InlineData("ku vip 2004::/16 nat64 masquerade 2001::9", "masquerade 2001::9 is IPv6 and pods of VIP 2004::/16 are IPv4")]
    [InlineData("ku vip 2004::/16 nat64 masquerade 10.9.9.9 outside", "nat64 has no masquerade for outside alone: leave \"outside\" out")]
    [InlineData("ku vip 91.0.0.0/8 port 80 nat46 node_port 30080", "nat46 has no node_port 30080: node ports keep the family")]
    [InlineData("ku vip 90.0.0.0/8 port 4444 nat46", "VIP 90.0.0.0/8 is nat4: all its services are, and have to say so")]
    [InlineData("ku vip 91.0.0.0/8 same_as 90.0.0.0/8 nat46", "same_as 90.0.0.0/8 means all services of that VIP: no other option has a place beside it")]
    [InlineData("ku conf prefix64 2001:db8::/97", "prefix64 2001:db8::/97 is not an IPv6 prefix of length 32, 40, 48, 56, 64 or 96 (RFC 6052)")]
    [InlineData("ku conf prefix64 10.0.0.0/8", "prefix64 10.0.0.0/8 is not an IPv6 prefix of length 32, 40, 48, 56, 64 or 96 (RFC 6052)")]
    [InlineData("ku conf prefix64 2001:db8:0:0:100::/96", "prefix64 2001:db8:0:0:100::/96 has bits set from 64 to 71, which are zero in every such prefix (RFC 6052)")]
    [InlineData("ku conf prefix64 ::ffff:0:0/96", "prefix64 ::ffff:0:0/96 overlaps ::ffff:0:0/96 (IPv4-mapped addresses)")]
    [InlineData("ku vip 91.0.0.0/8 nat6", "nat6 is not for VIP 91.0.0.0/8, which is IPv4: use nat4 or nat46")]
    [InlineData("ku vip 91.0.0.0/8 nat66", "nat66 is not for VIP 91.0.0.0/8, which is IPv4: use nat4 or nat46")]
    [InlineData("ku vip 2004::/16 nat4", "nat4 is not for VIP 2004::/16, which is IPv6: use nat6 or nat64")]
    [InlineData("ku vip 91.0.0.0/8 nat4 nat44", "option nat44 contradicts nat4")]
    [InlineData("ku vip 91.0.0.0/8 nat4 nat4", "option nat4 is given twice")]
    [InlineData("ku vip 91.0.0.0/8 new_len 0", "new_len \"0\" is out of range (1 to 65536)")]
    [InlineData("ku vip 91.0.0.0/8 new_len 3", "new_len 3 is not a power of two (1 to 65536)")]
    [InlineData("ku vip 91.0.0.0/8 new_len 65535", "new_len 65535 is not a power of two (1 to 65536)")]
    [InlineData("ku vip 91.0.0.0/8 new_len 131072", "new_len \"131072\" is out of range (1 to 65536)")]
    [InlineData("ku vip 91.0.0.0/8 port 80 affinity", "option affinity needs a value")]
    [InlineData("ku vip 91.0.0.0/8 port 80 affinity 0", "affinity \"0\" is out of range (1 to 86400)")]
    [InlineData("ku vip 91.0.0.0/8 port 80 affinity 86401", "affinity \"86401\" is out of range (1 to 86400)")]
    [InlineData("ku vip 91.0.0.0/8 port 80 affinity nat4", "affinity \"nat4\" is not a number (1 to 86400)")]
    [InlineData("ku vip 91.0.0.0/8 port 80 masquerade", "option masquerade needs a value")]
    [InlineData("ku vip 91.0.0.0/8 port 80 masquerade 10.0.0", "\"10.0.0\" is not an address")]
    [InlineData("ku vip 91.0.0.0/8 port 80 masquerade fd00::1", "masquerade fd00::1 is IPv6 and VIP 91.0.0.0/8 is IPv4")]
    [InlineData("ku vip 91.0.0.0/8 port 80 masquerade 224.0.0.1", "masquerade 224.0.0.1 is in 224.0.0.0/4 (multicast): no answer could come back to it")]
    [InlineData("ku vip 91.0.0.0/8 port 80 masquerade 10.9.9.9 masquerade 10.9.9.8", "option masquerade is given twice")]
    [InlineData("ku vip 91.0.0.0/8 port 80 outside", "unknown word \"outside\"")]
    [InlineData("ku vip 90.0.0.0/8 port 80 masquerade 10.9.9.9 outside del", "masquerade 10.9.9.9 outside does not match: service protocol tcp port 80 of VIP 90.0.0.0/8 has none")]
    [InlineData("ku conf masquerade-ports", "option masquerade-ports needs a value")]
    [InlineData("ku conf masquerade-ports 40000", "masquerade-ports \"40000\" is not a range of ports, such as 32768-65535")]
    [InlineData("ku conf masquerade-ports 1-2-3", "masquerade-ports \"1-2-3\" is not a range of ports, such as 32768-65535")]
    [InlineData("ku conf masquerade-ports 0-40000", "masquerade-ports: first port \"0\" is out of range (1 to 65535)")]
    [InlineData("ku conf masquerade-ports 40000-65536", "masquerade-ports: last port \"65536\" is out of range (1 to 65535)")]
    [InlineData("ku conf masquerade-ports 40001-40000", "masquerade-ports \"40001-40000\": the first port is above the last")]
    [InlineData("ku conf masquerade-ports 40000-40000", "masquerade-ports 40000-40000 are too few: each of 2 threads needs one")]
    [InlineData("ku vip 90.0.0.0/8 port 80 affinity 10800 del", "affinity 10800 does not match: service protocol tcp port 80 of VIP 90.0.0.0/8 has none")]
    [InlineData("ku vip 91.0.0.0/8 frobnicate", "unknown word \"frobnicate\"")]
    [InlineData("ku vip 91.0.0.0/8 92.0.0.0/8", "unknown word \"92.0.0.0/8\"")]
    [InlineData("ku vip 91.0.0.0/8 del", "no VIP 91.0.0.0/8")]
    [InlineData("ku vip 90.0.0.0/8 del del", "option del is given twice")]
    [InlineData("ku pod", "a VIP prefix is missing, such as 90.0.0.0/8")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.256", "\"10.0.0.256\" is not an address")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1/32", "\"10.0.0.1/32\" is not an address")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight", "option weight needs a value")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight 101", "weight \"101\" is out of range (0 to 100)")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight -1", "weight \"-1\" is not a number (0 to 100)")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight 10.0.0.2", "weight \"10.0.0.2\" is not a number (0 to 100)")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight 1 weight 2", "option weight is given twice")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 weight 1 del", "option weight contradicts del")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 drain weight 1", "option weight contradicts drain")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 drain drain", "option drain is given twice")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 drain 1000001", "drain \"1000001\" is out of range (0 to 1000000)")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 drain -1", "drain \"-1\" is not a number (0 to 1000000)")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 drain 05", "drain \"05\" is not a number (0 to 1000000)")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 drain soon", "unknown word \"soon\"")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9 del drain", "option drain needs seconds together with del")]
    [InlineData("ku pod 90.0.0.0/8 drain 10.0.0.8", "no pod 10.0.0.8 in protocol tcp port 80 of VIP 90.0.0.0/8")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.8 del drain 5", "no pod 10.0.0.8 in protocol tcp port 80 of VIP 90.0.0.0/8")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 del del", "option del is given twice")]
    [InlineData("ku conf", "nothing to configure: give buckets, buckets-log2, timeout, node-port-range, masquerade-ports, prefix64 or nat46-zero-udp-checksum")]
    [InlineData("ku conf nat46-zero-udp-checksum", "option nat46-zero-udp-checksum needs a value")]
    [InlineData("ku conf nat46-zero-udp-checksum drop", "nat46-zero-udp-checksum \"drop\" is neither compute nor reject")]
    [InlineData("ku conf nat46-zero-udp-checksum reject nat46-zero-udp-checksum reject", "option nat46-zero-udp-checksum is given twice")]
    [InlineData("ku conf nat46-zero-udp-checksum reject now", "unknown word \"now\"")]
    [InlineData("ku conf buckets 0", "buckets \"0\" is out of range (1 to 16777216)")]
    [InlineData("ku conf buckets 1000", "buckets 1000 is not a power of two (1 to 16777216)")]
    [InlineData("ku conf buckets 33554432", "buckets \"33554432\" is out of range (1 to 16777216)")]
    [InlineData("ku conf buckets-log2 25", "buckets-log2 \"25\" is out of range (0 to 24)")]
    [InlineData("ku conf buckets-log2 -1", "buckets-log2 \"-1\" is not a number (0 to 24)")]
    [InlineData("ku conf buckets 16 buckets-log2 4", "option buckets-log2 contradicts buckets")]
    [InlineData("ku conf timeout 0", "timeout \"0\" is out of range (1 to 1000000)")]
    [InlineData("ku conf timeout 4294967295", "timeout \"4294967295\" is out of range (1 to 1000000)")]
    [InlineData("ku conf timeout", "option timeout needs a value")]
    [InlineData("ku conf timeout sctp 5", "timeout \"sctp\" is not a number (1 to 1000000)")]
    [InlineData("ku conf timeout udp", "option timeout udp needs a value")]
    [InlineData("ku conf timeout udp 0", "timeout udp \"0\" is out of range (1 to 1000000)")]
    [InlineData("ku conf timeout udp 5 tcp x", "timeout tcp \"x\" is not a number (1 to 1000000)")]
    [InlineData("ku conf timeout udp 5 udp 6", "option timeout udp is given twice")]
    [InlineData("ku conf timeout udp 5 timeout 6", "option timeout is given twice")]
    [InlineData("ku conf timeout 5 udp 6", "unknown word \"udp\"")]
    [InlineData("ku conf timeout tcp-opening 5 7", "unknown word \"7\"")]
    [InlineData("ku conf buckets 16 foo", "unknown word \"foo\"")]
    [InlineData("ku set interface nat4", "an interface is missing: in <intfc>")]
    [InlineData("ku set interface nat4 in", "option in needs a value")]
    [InlineData("ku set interface nat4 in pg9", "no interface \"pg9\"")]
    [InlineData("ku set interface nat4 in pg1 out pg0", "unknown word \"out\"")]
    [InlineData("ku set interface nat6 in pg1 in pg1", "option in is given twice")]
    [InlineData("ku set interface nat4 in \u20ac", "no interface \"\\u20ac\"")]
    [InlineData("show ku foo", "unknown word \"foo\"")]
    [InlineData("show ku vip foo", "unknown word \"foo\"")]
    [InlineData("show ku vip verbose verbose", "option verbose is given twice")]
    [InlineData("show ku vips 91.0.0.0/8", "no VIP 91.0.0.0/8")]
    [InlineData("show ku vip 90.0.0.0/8 2003::/16", "option 2003::/16 contradicts 90.0.0.0/8")]
    [InlineData("show ku vip 90.0.0.0/8 1\x05", "\"1\\x05\" is not a prefix")]
    [InlineData("show ku sessions limit", "option limit needs a value")]
    [InlineData("show ku sessions limit 0", "limit \"0\" is out of range (1 to 1000000)")]
    [InlineData("show ku sessions 5", "unknown word \"5\"")]
    [InlineData("show ku memory 5", "unknown word \"5\"")]
    [InlineData("show ku runtime now", "unknown word \"now\"")]
    [InlineData("test kube-proxy flowtable flush now", "unknown word \"now\"")]
    public void TheErrorNamesTheWord(string line, string message)
    {
        using CatalogFixture fixture = Prepared();
        Assert.Equal(message, fixture.Fail(line));
    }

    [Fact]
    public void ALongLineOfGarbageIsQuotedShort()
    {
        using CatalogFixture fixture = Prepared();
        string message = fixture.Fail("ku vip 91.0.0.0/8 " + new string('x', 65536));
        Assert.Equal($"unknown word \"{new string('x', 40)}...\"", message);
    }

    [Fact]
    public void GarbageOfKnownWordsNeverEndsOtherwiseThanWithTextOrAnErrorThatChangedNothing() =>
        Gen.Select(Gen.Int[0, 100], Gen.Int[0, Vocabulary.Length - 1].Select(index => Vocabulary[index]).Array[0, 8]).Sample(
            (index, words) => RunGarbage(index, string.Join(' ', words)),
            iter: 1000);

    [Fact]
    public void AnyCharactersNeverEndOtherwiseThanWithTextOrAnError() =>
        Gen.Select(Gen.Int[0, 100], Gen.String[0, 60]).Sample(
            (index, line) =>
            {
                using CatalogFixture fixture = Prepared();
                CheckText(RunGuarded(fixture.Commands[index % fixture.Commands.Count], line, out _));
            },
            iter: 500);

    private static void RunGarbage(int index, string line)
    {
        using CatalogFixture fixture = Prepared();
        string before = fixture.Describe();
        Command command = fixture.Commands[index % fixture.Commands.Count];
        CheckText(RunGuarded(command, line, out bool hasFailed));
        if (hasFailed || command.Path.StartsWith("show", StringComparison.Ordinal)) Assert.Equal(before, fixture.Describe());
    }

    private static string RunGuarded(Command command, string line, out bool hasFailed)
    {
        hasFailed = false;
        try
        {
            return command.Run(line);
        }
        catch (CommandException exception)
        {
            hasFailed = true;
            Assert.NotEmpty(exception.Message);
            return exception.Message;
        }
    }

    private static void CheckText(string text) => Assert.All(text, character => Assert.True(character is '\n' or (>= ' ' and <= '~')));

    private static CatalogFixture Prepared()
    {
        var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 new_len 16", "ku pod 90.0.0.0/8 10.0.0.9", "ku vip 2003::/16 new_len 16", "ku pod 2003::/16 2001::9");
        return fixture;
    }
}
