using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Tables and interfaces change under services' feet.</summary>
public abstract class TableChangeStories(HostFixture fixture) : TableStory(fixture)
{
    private static readonly PacketOptions Syn = PacketOptions.Plain with { Syn = true };

    [Theory]
    [InlineData(Family.Ip4, "IPv4")]
    [InlineData(Family.Ip6, "IPv6")]
    public void ATableThatDoesNotExistIsRefusedAndNothingIsThere(Family family, string name)
    {
        string before = Host.Cli("show ku");
        Assert.EndsWith($"table 77 does not exist in {name}", Host.Cli($"ku vip {Vip(family)} port 80 table 77"), StringComparison.Ordinal);
        Assert.Equal(before, Host.Cli("show ku"));
        Assert.Equal("no VIPs", Host.Cli("show ku vips"));
    }

    /// <summary>The user's lock of the table goes, the services' stays.</summary>
    [Theory]
    [InlineData(Family.Ip4, "ip")]
    [InlineData(Family.Ip6, "ip6")]
    public void ATableThatIsDeletedStaysAsLongAsItHasServices(Family family, string ip)
    {
        string key = $"{Vip(family)} port 80 protocol udp table 9";
        for (int round = 0; round < 3; round++)
        {
            Lab.Type($"{ip} table add 9");
            Lab.Type($"ku vip {key}");
            Lab.Type($"{ip} table del 9");
            Lab.Type($"ku pod {key} {new Pod(1).Address(family)}");
            Assert.Contains("kube-proxy vip", Host.Cli($"show {ip} fib table 9 {Vip(family)}"), StringComparison.Ordinal);
            Assert.Contains("kube-proxy:", Locks(ip), StringComparison.Ordinal);
            Lab.Type($"ku vip {key} del");
            Assert.Equal("", Locks(ip));
            Assert.EndsWith("table 9 does not exist in " + (family == Family.Ip4 ? "IPv4" : "IPv6"), Host.Cli($"ku vip {key}"), StringComparison.Ordinal);
        }
    }

    /// <summary>Sessions of tables lie in memory that is only reserved: what nobody uses costs next to nothing.</summary>
    [Fact]
    public void AsManyTablesHaveServicesAsThereAreNumbersAndOneMoreIsRefused()
    {
        const int most = 254;
        int[] tables = [.. Enumerable.Range(1000, most + 1)];
        Host.TypeAll([.. tables.Select(table => $"ip table add {table}")]);
        long before = HostUse.ResidentBytes(Host);
        try
        {
            Host.TypeAll([.. tables.Take(most).Select(table => $"ku vip 90.1.2.3 port 80 protocol udp table {table}")]);
            Assert.InRange(HostUse.ResidentBytes(Host) - before, 0, 64 << 20);
            string settings = Host.Cli("show ku");
            string refused = Host.Cli($"ku vip 90.1.2.3 port 80 table {tables[^1]}");
            Assert.EndsWith($"no room for table {tables[^1]}: the limit is {most} tables with services besides table 0", refused, StringComparison.Ordinal);
            Assert.Equal(settings, Host.Cli("show ku"));
        }
        finally
        {
            Host.TypeAll([.. tables.Take(most).Select(table => $"ku vip 90.1.2.3 port 80 protocol udp table {table} del")]);
            Host.TypeAll([.. tables.Select(table => $"ip table del {table}")]);
        }

        Lab.Type("ku vip 90.1.2.3 port 80 table 7");
        Lab.Type("ku vip 90.1.2.3 port 80 table 7 del");
    }

    /// <summary>What a table's sessions were is not another's that gets its memory.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ATableThatGetsServicesAgainBeginsWithoutSessions(Family family, Transport transport)
    {
        Flow flow = FlowOf(family, transport);
        string vip = $"{Vip(family)} port 80";
        foreach (TableSide side in (TableSide[])[Seven, Eight, Seven, Eight])
        {
            Lab.Type($"ku vip {vip} target_port {TargetPort}{side.Words}");
            Lab.Type($"ku pod {vip} {new Pod(3).Address(family)}{side.Words}");
            Assert.Equal(0, SessionCount());
            AssertConverses(side, new Pod(3), flow, Syn);
            Assert.Equal(1, SessionCount());
            Lab.Type($"ku vip {vip}{side.Words} del");
            byte[] answer = Answer(side, new Pod(3), flow);
            AssertLeaves(side.Pods, answer, side.Clients, Expect.Forwarded(answer, ToClients(side)));
        }
    }

    /// <summary>The pods' interface of table 8 goes to table 0 and back. In table 0 an answer that it brings is table 0's.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AnInterfaceThatGoesToAnotherTableBringsThatTablesAnswers(Family family, Transport transport)
    {
        Pod pod = new(1);
        Flow flow = FlowOf(family, transport);
        Serve(Zero, family, [pod]);
        AssertConverses(Zero, pod, flow, Syn);
        byte[] answer = Answer(Eight, pod, flow);
        byte[] untouched = Expect.Forwarded(answer, ToClients(Eight));
        AssertLeaves(Eight.Pods, answer, Eight.Clients, untouched, LastWorker);
        Move(8, 0);
        try
        {
            AssertLeaves(Eight.Pods, answer, Zero.Clients, AnswerLeft(Zero, flow, answer), LastWorker);
        }
        finally
        {
            Move(0, 8);
        }

        AssertLeaves(Eight.Pods, answer, Eight.Clients, untouched, LastWorker);
    }

    /// <summary>VPP lets an interface with addresses stay where it is.</summary>
    private void Move(int from, int to)
    {
        Move(from, to, "ip", "10.2.0.1/16", "10.77.0.1/16");
        Move(from, to, "ip6", "fd02::1/64", "fd77::1/64");
    }

    private void Move(int from, int to, string ip, string inTable, string inZero)
    {
        Lab.Type($"set interface ip address del {Eight.Pods} {(from == 0 ? inZero : inTable)}");
        Lab.Type($"set interface {ip} table {Eight.Pods} {to}");
        Lab.Type($"set interface ip address {Eight.Pods} {(to == 0 ? inZero : inTable)}");
    }

    private string Locks(string ip) => string.Concat(Host.Cli($"show {ip} fib table 9").Split('\n').Where(line => line.Contains("locks", StringComparison.Ordinal)));
}

public sealed class TableChangesInVpp(VppWithTables host) : TableChangeStories(host), IClassFixture<VppWithTables>;

public sealed class TableChangesInVppWithOneWorker(VppWithTablesAndOneWorker host) : TableChangeStories(host), IClassFixture<VppWithTablesAndOneWorker>;

public sealed class TableChangesInVppWithTwoWorkers(VppWithTablesAndTwoWorkers host) : TableChangeStories(host), IClassFixture<VppWithTablesAndTwoWorkers>;
