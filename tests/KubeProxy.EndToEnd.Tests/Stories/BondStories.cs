using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>LIF-03: clients and pods behind bonds. Each story has a VPP of its own.</summary>
public sealed class BondStories
{
    private const int FlowCount = 40;
    private const int TargetPort = 8080;

    /// <summary>What the active member receives is the bond's, and what is sent leaves by it; the other's packets are nobody's. The feature is the bond's.</summary>
    [Theory]
    [Trait("Check", "LIF-03")]
    [InlineData(0)]
    [InlineData(1)]
    public void FlowsThroughBondsAreTranslatedBothWaysWhicheverMemberIsActive(int workers)
    {
        using Bonds bonds = new(workers);
        bonds.Serve();
        Pod[] pods = bonds.Converse("pg0", "pg2");
        foreach ((string down, string active) in ((string, string)[])[("pg2", "pg3"), ("pg3", "pg2"), ("pg2", "pg3")])
        {
            bonds.Vpp.Type($"set interface state {down} down");
            Assert.Equal(pods, bonds.Converse("pg0", active));
            bonds.Vpp.Type($"set interface state {down} up");
            Assert.Equal(pods, bonds.Converse("pg0", active));
            Assert.Equal(0, bonds.Answer(pods, down).Values.Sum(left => left.Count));
        }

        bonds.Vpp.Type("bond del pg3");
        Assert.Equal(pods, bonds.Converse("pg0", "pg2"));
        bonds.Vpp.Type("bond del pg0");
        Assert.Equal(pods, bonds.Converse("pg1", "pg2"));
        bonds.Vpp.Type($"bond add {BondedVpp.Pods} pg3");
        bonds.Vpp.Type($"bond add {BondedVpp.Clients} pg0");
        Assert.Equal(pods, bonds.Converse("pg1", "pg2"));
        bonds.AssertNothingIsLost();
    }

    [Theory]
    [Trait("Check", "LIF-03")]
    [InlineData(0)]
    [InlineData(1)]
    public void NothingLeavesABondWhoseMembersAreAllDownAndAllDoesWhenOneIsUpAgain(int workers)
    {
        using Bonds bonds = new(workers);
        bonds.Serve();
        Pod[] pods = bonds.Converse("pg0", "pg2");
        foreach (string member in BondedVpp.MembersOf(BondedVpp.Pods))
            bonds.Vpp.Type($"set interface state {member} down");
        Assert.Equal(0, bonds.Request("pg0").Values.Sum(left => left.Count));
        bonds.Vpp.Type("set interface state pg3 up");
        Assert.Equal(pods, bonds.Converse("pg0", "pg3"));
        bonds.AssertNothingIsLost();
    }

    /// <summary>Under traffic, again and again: with the bond goes the feature, and one that is made again under its number has none until it is set.</summary>
    [Theory]
    [Trait("Check", "LIF-03")]
    [InlineData(0)]
    [InlineData(1)]
    public void ABondThatIsDeletedTakesTheFeatureWithItAndIsServedWhenItIsMadeAgain(int workers)
    {
        using Bonds bonds = new(workers);
        bonds.Serve();
        Pod[] pods = bonds.Converse("pg0", "pg2");
        string state = HostState.WithoutWhatPasses(bonds.Vpp.Host.Cli("show ku"));
        using Stream stream = bonds.NewStream();
        for (int round = 0; round < 5; round++)
        {
            stream.Start();
            bonds.Vpp.Type($"delete bond {BondedVpp.Pods}");
            Assert.Contains("interfaces      none", bonds.Vpp.Host.Cli("show ku"), StringComparison.Ordinal);
            bonds.Vpp.Bind(BondedVpp.Pods);
            stream.Stop();
            Assert.Equal(pods, bonds.AssertReachedPods(Only("pg2", bonds.Request("pg0"))));
            bonds.AssertAnswersPassUntouched(pods, "pg2");
            bonds.SetReturn();
            Assert.Equal(pods, bonds.Converse("pg0", "pg2"));
            Assert.Equal(state, HostState.WithoutWhatPasses(bonds.Vpp.Host.Cli("show ku")));
        }

        stream.Start();
        bonds.Vpp.Type($"delete bond {BondedVpp.Pods}");
        bonds.Vpp.Type($"delete bond {BondedVpp.Clients}");
        stream.Stop();
        bonds.AssertNothingIsLost();
        bonds.Vpp.Host.StopAndExpectCleanExit();
    }

    /// <summary>What left by a member, which is all that left.</summary>
    private static IReadOnlyList<byte[]> Only(string member, IReadOnlyDictionary<string, IReadOnlyList<byte[]>> sides)
    {
        Assert.Equal(sides[member].Count, sides.Values.Sum(left => left.Count));
        return sides[member];
    }

    /// <summary>Services of both families and flows to them, of TCP and UDP.</summary>
    private sealed class Bonds : IDisposable
    {
        private readonly Flow[] _flows;
        private readonly byte[][] _requests;

        public Bonds(int workers)
        {
            Vpp = new BondedVpp(workers);
            _flows = [.. Enumerable.Range(0, FlowCount).Select(i => new Flow(i / 2 % 2 == 0 ? Transport.Tcp : Transport.Udp, Lab.Client(FamilyOf(i), i), VipOf(FamilyOf(i))))];
            _requests = [.. _flows.Select((flow, id) => PacketFactory.Build(flow, Vpp.FromClients, PacketOptions.Plain with { Id = id }))];
        }

        public BondedVpp Vpp { get; }

        public void Serve()
        {
            SetReturn();
            foreach (Family family in Enum.GetValues<Family>())
            {
                Vpp.Type($"ku vip {VipOf(family).Address} port 80 target_port {TargetPort}");
                Vpp.Type($"ku pod {VipOf(family).Address} port 80 {string.Join(' ', Pod.First(3).Select(pod => pod.Address(family)))}");
            }
        }

        public void SetReturn()
        {
            Vpp.Type($"ku set interface nat4 in {BondedVpp.Pods}");
            Vpp.Type($"ku set interface nat6 in {BondedVpp.Pods}");
        }

        public IReadOnlyDictionary<string, IReadOnlyList<byte[]>> Request(string member) => Vpp.Send(member, _requests);

        public Stream NewStream() => new(Vpp.Host, "pg0", _requests, long.MaxValue / 2);

        public IReadOnlyDictionary<string, IReadOnlyList<byte[]>> Answer(Pod[] pods, string member) => Vpp.Send(member, Answers(pods));

        /// <summary>All flows ask by one member of the clients' bond, their pods answer by one of theirs; answers who they are.</summary>
        public Pod[] Converse(string clients, string pods)
        {
            Pod[] chosen = AssertReachedPods(Only(pods, Request(clients)));
            IReadOnlyList<byte[]> left = Only(clients, Answer(chosen, pods));
            Assert.Equal(Hex(Answers(chosen).Select((answer, id) => Expect.FromVip(answer, Vpp.ToClients, _flows[id].Destination))), Hex(left));
            return chosen;
        }

        public Pod[] AssertReachedPods(IReadOnlyList<byte[]> left)
        {
            byte[][] inOrder = [.. left.OrderBy(PacketFactory.IdOf)];
            Assert.Equal(FlowCount, inOrder.Length);
            Pod[] pods = [.. inOrder.Select((frame, id) => Pod.First(3).Single(pod => pod.Address(FamilyOf(id)).Equals(new IpView(frame).Destination)))];
            Assert.Equal(Hex(_requests.Select((request, id) => Expect.ToPod(request, Vpp.To(pods[id]), pods[id].At(FamilyOf(id), TargetPort)))), Hex(inOrder));
            return pods;
        }

        public void AssertAnswersPassUntouched(Pod[] pods, string member) =>
            Assert.Equal(Hex(Answers(pods).Select(answer => Expect.Forwarded(answer, Vpp.ToClients))), Hex(Only("pg0", Answer(pods, member))));

        public void AssertNothingIsLost()
        {
            Assert.True(Vpp.Host.IsAlive);
            Assert.Equal(0, HostUse.BuffersInUse(Vpp.Host));
        }

        public void Dispose() => Vpp.Dispose();

        private static Family FamilyOf(int number) => number % 2 == 0 ? Family.Ip4 : Family.Ip6;

        private static IPEndPoint VipOf(Family family) => IPEndPoint.Parse(family == Family.Ip4 ? "90.1.2.3:80" : "[2003::3]:80");

        private byte[][] Answers(Pod[] pods) => [.. _flows.Select((flow, id) =>
            PacketFactory.Build(new Flow(flow.Transport, pods[id].At(FamilyOf(id), TargetPort), flow.Source), Vpp.From(pods[id]), PacketOptions.Plain with { Id = id }))];

        private static string[] Hex(IEnumerable<byte[]> frames) => [.. frames.Select(Convert.ToHexString).Order(StringComparer.Ordinal)];
    }
}
