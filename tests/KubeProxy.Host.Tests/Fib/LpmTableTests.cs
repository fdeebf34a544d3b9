using CsCheck;
using KubeProxy.Host.Fib;
using KubeProxy.Host.Ip;
using Xunit;

namespace KubeProxy.Host.Tests.Fib;

public sealed class LpmTableTests
{
    private static readonly Gen<IpPrefix> Prefixes4 =
        Gen.Select(Gen.UInt[0, 15], Gen.Int[0, 32], (bits, length) => new IpPrefix(new IpAddr(false, bits << 28 | bits), length));

    private static readonly Gen<IpPrefix> Prefixes6 =
        Gen.Select(Gen.UInt[0, 15], Gen.Int[0, 128], (bits, length) => new IpPrefix(new IpAddr(true, (UInt128)bits << 124 | bits), length));

    private static IpPrefix Prefix(string text) => IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException(text);

    [Fact]
    public void TheLongestPrefixWins()
    {
        LpmTable table = new(false);
        table.Set(Prefix("0.0.0.0/0"), 1);
        table.Set(Prefix("10.0.0.0/8"), 2);
        table.Set(Prefix("10.1.0.0/16"), 3);
        table.Set(Prefix("10.1.2.3"), 4);
        Assert.Equal(1, table.Find(Prefix("11.0.0.1").Address));
        Assert.Equal(2, table.Find(Prefix("10.2.0.1").Address));
        Assert.Equal(3, table.Find(Prefix("10.1.9.9").Address));
        Assert.Equal(4, table.Find(Prefix("10.1.2.3").Address));
    }

    [Fact]
    public void TheCoverOfAPrefixIsTheNextShorterOne()
    {
        LpmTable table = new(true);
        table.Set(Prefix("::/0"), 1);
        table.Set(Prefix("fd00::/16"), 2);
        table.Set(Prefix("fd00::1"), 3);
        Assert.Equal(2, table.FindCover(Prefix("fd00::1")));
        Assert.Equal(1, table.FindCover(Prefix("fd00::/16")));
        Assert.Equal(LpmTable.NotFound, table.FindCover(Prefix("::/0")));
    }

    [Fact]
    public void AnEmptyTableFindsNothing() => Assert.Equal(LpmTable.NotFound, new LpmTable(false).Find(Prefix("1.2.3.4").Address));

    [Fact]
    public void APrefixOfTheOtherFamilyIsRefused() => Assert.Throws<ArgumentException>(() => new LpmTable(false).Set(Prefix("::/0"), 1));

    [Fact]
    public void LookupsAgreeWithAListOverManyChangesIp4() => Compare(false, Prefixes4);

    [Fact]
    public void LookupsAgreeWithAListOverManyChangesIp6() => Compare(true, Prefixes6);

    private static void Compare(bool isIp6, Gen<IpPrefix> prefixes) =>
        Gen.Select(prefixes, Gen.Bool, prefixes).Array[1, 60].Sample(steps =>
        {
            LpmTable table = new(isIp6);
            Dictionary<IpPrefix, int> oracle = [];
            int value = 0;
            foreach ((IpPrefix prefix, bool isRemoval, IpPrefix probe) in steps)
            {
                if (isRemoval)
                {
                    Assert.Equal(oracle.Remove(prefix.Network), table.Remove(prefix));
                }
                else
                {
                    table.Set(prefix, ++value);
                    oracle[prefix.Network] = value;
                }
                Assert.Equal(Longest(oracle, probe.Address), table.Find(probe.Address));
                Assert.Equal(oracle.GetValueOrDefault(probe.Network, LpmTable.NotFound), table.FindExact(probe));
            }
            Assert.Equal(oracle.Count, table.Count);
        });

    private static int Longest(Dictionary<IpPrefix, int> oracle, IpAddr address) =>
        oracle.Where(e => e.Key.Covers(address)).OrderByDescending(e => e.Key.Length).Select(e => e.Value).FirstOrDefault(LpmTable.NotFound);
}
