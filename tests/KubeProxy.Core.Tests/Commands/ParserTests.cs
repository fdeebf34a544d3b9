using CsCheck;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Commands;

public class ParserTests
{
    [Fact]
    public void WordsAreSeparatedByAnyBlanks()
    {
        var words = new WordReader(" \t90.0.0.0/8  port\r\n80\v\f");
        Assert.Equal("90.0.0.0/8", words.Next("missing"));
        Assert.Equal("port", words.Next("missing"));
        Assert.Equal("80", words.Next("missing"));
        Assert.False(words.TryNext(out _));
        Assert.Equal("missing", Error(() => words.Next("missing")));
    }

    [Fact]
    [Trait("Defect", "A-21")]
    public void EveryNumberInRangeIsReadAndEveryOtherRefused() =>
        Gen.Long[-10, 100_000].Sample(number =>
        {
            if (number is >= 1 and <= 65535) Assert.Equal((uint)number, Numbers.Parse("port", $"{number}", 1, 65535));
            else Assert.Contains($"port \"{number}\" is", Error(() => Numbers.Parse("port", $"{number}", 1, 65535)), StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("0", "port \"0\" is out of range (1 to 65535)")]
    [InlineData("65536", "port \"65536\" is out of range (1 to 65535)")]
    [InlineData("65616", "port \"65616\" is out of range (1 to 65535)")]
    [InlineData("4294967296", "port \"4294967296\" is out of range (1 to 65535)")]
    [InlineData("99999999999999999999", "port \"99999999999999999999\" is out of range (1 to 65535)")]
    [InlineData("-1", "port \"-1\" is not a number (1 to 65535)")]
    [InlineData("+5", "port \"+5\" is not a number (1 to 65535)")]
    [InlineData("0x10", "port \"0x10\" is not a number (1 to 65535)")]
    [InlineData("08", "port \"08\" is not a number (1 to 65535)")]
    [InlineData("1e9", "port \"1e9\" is not a number (1 to 65535)")]
    [InlineData("%n%s", "port \"%n%s\" is not a number (1 to 65535)")]
    [InlineData("\u0664", "port \"\\u0664\" is not a number (1 to 65535)")]
    [InlineData("8\0", "port \"8\\x00\" is not a number (1 to 65535)")]
    public void ANumberThatIsNoneIsQuoted(string word, string message) =>
        Assert.Equal(message, Error(() => Numbers.Parse("port", word, 1, 65535)));

    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("", "\"\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\x1b[31m", "\"\\x1b[31m\"")]
    [InlineData("\u00e9\u20ac", "\"\\xe9\\u20ac\"")]
    [InlineData("0123456789012345678901234567890123456789", "\"0123456789012345678901234567890123456789\"")]
    [InlineData("01234567890123456789012345678901234567890", "\"0123456789012345678901234567890123456789...\"")]
    public void AQuotedWordIsShortAndPrintable(string word, string expected) => Assert.Equal(expected, Quote.Word(word));

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("2001:DB8::0:1", "2001:db8::1")]
    [InlineData("::", "::")]
    [InlineData("::1.2.3.4", "::1.2.3.4")]
    [InlineData("64:ff9b::10.0.0.1", "64:ff9b::a00:1")]
    public void AddressesAreRead(string word, string expected) => Assert.Equal(expected, AddressParser.Parse(word).ToString());

    [Theory]
    [InlineData("10.0.0")]
    [InlineData("10")]
    [InlineData("10.0.0.1.2")]
    [InlineData("10.0.0.256")]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("10.0.0.")]
    [InlineData("10..0.1")]
    [InlineData("10.0.0.1/32")]
    [InlineData("10.0.0.-1")]
    [InlineData("[2001::1]")]
    [InlineData("[2001::1]:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("2001:::1")]
    [InlineData("2001::1::2")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("12345::")]
    [InlineData("::1.2.3")]
    [InlineData("::01.2.3.4")]
    [InlineData("::1.2.3.4.5")]
    [InlineData("1.2.3.4::")]
    [InlineData(":")]
    public void WhatIsNoAddressIsRefused(string word) => Assert.Equal($"\"{word}\" is not an address", Error(() => AddressParser.Parse(word)));

    [Theory]
    [InlineData("90.0.0.0/8", "90.0.0.0/8")]
    [InlineData("90.1.2.3/8", "90.0.0.0/8")]
    [InlineData("90.1.2.3", "90.1.2.3/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("2003::5/16", "2003::/16")]
    [InlineData("2003::5", "2003::5/128")]
    public void PrefixesAreReadWithTheirHostBitsCleared(string word, string expected) =>
        Assert.Equal(expected, AddressParser.ParsePrefix(word).ToString());

    [Theory]
    [InlineData("10.0.0.0/33", "\"10.0.0.0/33\": prefix length \"33\" is out of range (0 to 32)")]
    [InlineData("10.0.0.0/-1", "\"10.0.0.0/-1\": prefix length \"-1\" is not a number (0 to 32)")]
    [InlineData("10.0.0.0/", "\"10.0.0.0/\": prefix length \"\" is not a number (0 to 32)")]
    [InlineData("10.0.0.0/08", "\"10.0.0.0/08\": prefix length \"08\" is not a number (0 to 32)")]
    [InlineData("10.0.0.0/8/8", "\"10.0.0.0/8/8\": prefix length \"8/8\" is not a number (0 to 32)")]
    [InlineData("10.0.0.0/255.0.0.0", "\"10.0.0.0/255.0.0.0\": prefix length \"255.0.0.0\" is not a number (0 to 32)")]
    [InlineData("2003::/129", "\"2003::/129\": prefix length \"129\" is out of range (0 to 128)")]
    [InlineData("/8", "\"/8\" is not a prefix")]
    [InlineData("port", "\"port\" is not a prefix")]
    public void WhatIsNoPrefixIsRefused(string word, string message) => Assert.Equal(message, Error(() => AddressParser.ParsePrefix(word)));

    private static string Error(Action action) => Assert.Throws<CommandException>(action).Message;
}
