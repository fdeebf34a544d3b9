using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Weights of pods: shares of the table, and a pod of weight 0 that only keeps its sessions.</summary>
public sealed unsafe class WeightTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();

    public WeightTests() => _fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 1024");

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void APodsShareFollowsItsWeight()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1", "ku pod 90.0.0.0/8 10.0.0.2 weight 3");
        Assert.Equal((256, 768), (Share("10.0.0.1"), Share("10.0.0.2")));
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 weight 3");
        Assert.Equal((512, 512), (Share("10.0.0.1"), Share("10.0.0.2")));
        _fixture.Run("ku pod 90.0.0.0/8 weight 100 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4");
        Assert.Equal([256, 256, 256, 256], Enumerable.Range(1, 4).Select(i => Share($"10.0.0.{i}")));
    }

    [Fact]
    public void APodOfWeight0GetsNoNewFlowsAndKeepsItsSessionsAndItsRoute()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2", "ku pod 90.0.0.0/8 10.0.0.2 weight 0");
        Assert.Equal((1024, 0), (Share("10.0.0.1"), Share("10.0.0.2")));
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[2].State);
        Assert.Equal(FakeDataPlane.FakeTarget | 2, _fixture.Plane.Pods[2].ForwardTarget);
        Assert.Contains("pods            2 active, 0 draining", _fixture.Run("show ku"), StringComparison.Ordinal);
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.2 weight 1");
        Assert.Equal((512, 512), (Share("10.0.0.1"), Share("10.0.0.2")));
    }

    [Fact]
    public void WithoutAPodOfSomeWeightAServiceIsWithoutPods()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 weight 0");
        Assert.Equal(0u, Entry()->PodCount);
        Assert.Empty(SnapshotReader.PodSlots(_fixture.Plane.Published));
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 weight 2");
        Assert.Equal(1024, Share("10.0.0.1"));
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 weight 0");
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 del");
        Assert.Equal(0, _fixture.Catalog.UsedPodSlotCount);
    }

    [Fact]
    public void ARemovedPodComesBackWithTheWeightOfANewOneWhetherOrNotItStillDrains()
    {
        foreach (ulong sessions in new ulong[] { 0, 1 })
        {
            _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 weight 7");
            _fixture.Plane.SessionCounts[_fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.1").Slot] = sessions;
            _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 del", "ku pod 90.0.0.0/8 10.0.0.1");
            Assert.Equal(1u, _fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.1").Weight);
            _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 del");
            _fixture.Plane.SessionCounts.Clear();
            _fixture.Catalog.Maintain();
        }
    }

    [Fact]
    public void AServingPodWithoutAWeightIsStillRefused()
    {
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 weight 0");
        Assert.Equal("pod 10.0.0.1 already serves protocol tcp port 80 of VIP 90.0.0.0/8", _fixture.Fail("ku pod 90.0.0.0/8 10.0.0.2 10.0.0.1"));
    }

    /// <summary>Whatever was typed before, only the last weights count.</summary>
    [Fact]
    public void SharesAreInProportionToTheLastWeights() =>
        Gen.UInt[0, 100].Array[4].List[1, 4].Sample(
            rounds =>
            {
                using var fixture = new CatalogFixture();
                fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 4096");
                foreach (uint[] weights in rounds)
                    for (int i = 0; i < weights.Length; i++) fixture.Run($"ku pod 90.0.0.0/8 10.0.0.{i + 1} weight {weights[i]}");
                uint[] last = rounds[^1];
                double sum = last.Sum(weight => weight);
                for (int i = 0; i < last.Length; i++)
                {
                    double expected = sum == 0 ? 0 : 4096 * last[i] / sum;
                    Assert.InRange(Share(fixture, $"10.0.0.{i + 1}"), expected - 4, expected + 4);
                }
            },
            iter: 100);

    private int Share(string address) => Share(_fixture, address);

    private static int Share(CatalogFixture fixture, string address)
    {
        ServiceEntry* entry = VipEntry.Find(fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);
        uint slot = fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, address).Slot;
        int share = 0;
        for (uint i = 0; entry->PodCount > 0 && i <= entry->TableMask; i++) share += ServiceEntry.Table(entry)[i] == slot ? 1 : 0;
        return share;
    }

    private ServiceEntry* Entry() => VipEntry.Find(_fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);
}
