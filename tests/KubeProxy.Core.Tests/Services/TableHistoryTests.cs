using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Which earlier tables a service's entry names.</summary>
public sealed unsafe class TableHistoryTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();

    public TableHistoryTests() => _fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 16", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2");

    private ServiceEntry* Entry => VipEntry.Find(_fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void PodsThatAreAddedOneByOneBeforeTheFirstFlowLeaveNoHistory()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.3", "ku pod 90.0.0.0/8 10.0.0.4");
        Assert.Empty(Earlier());
    }

    [Fact]
    public void ATableThatFlowsWereOpenedUnderIsNamedByTheNextTwo()
    {
        nint first = OpenFlows();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.3");
        Assert.Equal([first], Earlier());
        nint second = OpenFlows();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.3 del");
        Assert.Equal([second, first], Earlier());
        nint third = OpenFlows();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.4");
        Assert.Equal([third, second], Earlier());
    }

    [Fact]
    public void ATableThatNoFlowWasOpenedUnderIsPassedOver()
    {
        nint first = OpenFlows();
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.3", "ku pod 90.0.0.0/8 10.0.0.4", "ku pod 90.0.0.0/8 10.0.0.4 del");
        Assert.Equal([first], Earlier());
    }

    [Fact]
    public void WithoutPodsAServiceKeepsItsHistory()
    {
        nint first = OpenFlows();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 del");
        Assert.Equal([first], Earlier());
        _ = OpenFlows();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.7");
        Assert.Equal([first], Earlier());
    }

    [Fact]
    public void WhatFallsOutOfTheHistoryIsFreedWhenNoWorkerCanReadIt()
    {
        for (int i = 0; i < 3; i++) Change(i);
        int blocks = _fixture.Plane.BlockCount;
        for (int i = 3; i < 20; i++) Change(i);
        Assert.Equal(blocks, _fixture.Plane.BlockCount);
        _fixture.Plane.HoldsRetired = true;
        Change(20);
        Assert.True(_fixture.Plane.BlockCount > blocks);
        _fixture.Plane.PassQuiescentPoint();
        Assert.Equal(blocks, _fixture.Plane.BlockCount);
    }

    [Fact]
    public void ADeletedServiceLeavesNoTable()
    {
        for (int i = 0; i < 3; i++) Change(i);
        _fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp del");
        Assert.Equal(1, _fixture.Plane.BlockCount);
    }

    [Fact]
    public void AFailedChangeForgetsNoHistory()
    {
        nint first = OpenFlows();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.3");
        nint second = OpenFlows();
        _fixture.Plane.FailAt = "Publish";
        _fixture.Fail("ku pod 90.0.0.0/8 10.0.0.4");
        _fixture.Plane.FailAt = null;
        Assert.Equal([first], Earlier());
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.4");
        Assert.Equal([second, first], Earlier());
    }

    [Fact]
    public void APodThatGetsAUsedSlotIsYoungerThanTheTablesThatNamedTheSlot()
    {
        _ = OpenFlows();
        uint slot = SlotOf("10.0.0.2");
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.2 del");
        _fixture.Catalog.Maintain();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.9");
        Assert.Equal(slot, SlotOf("10.0.0.9"));
        ServiceEntry* earlier = ServiceEntry.Earlier(Entry)[0];
        Assert.True(PodRecord.ServesSince(_fixture.Plane.Pods + SlotOf("10.0.0.1"), earlier->LatestBirth));
        Assert.False(PodRecord.ServesSince(_fixture.Plane.Pods + slot, earlier->LatestBirth));
        Assert.True(PodRecord.ServesSince(_fixture.Plane.Pods + slot, Entry->LatestBirth));
    }

    private void Change(int number)
    {
        _ = OpenFlows();
        _fixture.Run($"ku pod 90.0.0.0/8 10.0.1.{number}");
    }

    /// <summary>Counts a flow of the service; answers its table.</summary>
    private nint OpenFlows()
    {
        Service service = _fixture.Vip("90.0.0.0/8").Services.Single();
        (ServiceCounter, uint) key = (ServiceCounter.FirstSession, service.Index);
        _fixture.Plane.ServiceCounters[key] = _fixture.Plane.ServiceCounters.GetValueOrDefault(key) + 1;
        return (nint)Entry;
    }

    private uint SlotOf(string address) =>
        _fixture.Vip("90.0.0.0/8").Services.Single().Find(System.Net.IPAddress.Parse(address))!.Slot;

    private List<nint> Earlier()
    {
        var named = new List<nint>();
        for (int i = 0; i < ServiceEntry.EarlierCount; i++)
            if (ServiceEntry.Earlier(Entry)[i] != null) named.Add((nint)ServiceEntry.Earlier(Entry)[i]);
        return named;
    }
}
