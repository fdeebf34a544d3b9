using CsCheck;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Snapshots;

public sealed unsafe class NodePortTableTests : IDisposable
{
    private readonly HeapAllocator _allocator = new();
    private readonly NativeBlock _block;
    private readonly NodePortTable _table;

    public NodePortTableTests()
    {
        _block = NativeBlock.TryAllocate(_allocator, NodePortTable.LengthBytes);
        _table = new NodePortTable { Slots = (uint*)_block.Start };
    }

    public void Dispose() => _block.Free(_allocator);

    [Fact]
    public void ATableIsADictionaryOfProtocolAndPort() =>
        Gen.Select(Gen.Bool, Gen.UShort, Gen.UInt[0, 1 << 18], Gen.Bool).List[1, 200].Sample(Compare, threads: 1);

    [Fact]
    public void FirstAndLastWordsAreWithinTheTable()
    {
        Assert.Equal(512u * 1024, (uint)NodePortTable.LengthBytes);
        _table.Set(IpProtocol.Udp, 0, 5);
        _table.Set(IpProtocol.Tcp, ushort.MaxValue, 6);
        Assert.Equal((6u, 7u), (_table.Slots[0], _table.Slots[(2 * 65536) - 1]));
        Assert.Equal((5u, 6u), (Find(isTcp: false, 0), Find(isTcp: true, ushort.MaxValue)));
    }

    private void Compare(List<(bool IsTcp, ushort Port, uint Slot, bool IsRemoval)> steps)
    {
        new Span<byte>(_block.Start, (int)_block.LengthBytes).Clear();
        var model = new Dictionary<(bool IsTcp, ushort Port), uint>();
        foreach ((bool isTcp, ushort port, uint slot, bool isRemoval) in steps)
        {
            _table.Set(isTcp ? IpProtocol.Tcp : IpProtocol.Udp, port, isRemoval ? NodePortTable.NoSlot : slot);
            model[(isTcp, port)] = isRemoval ? NodePortTable.NoSlot : slot;
        }

        foreach ((_, ushort port, _, _) in steps)
        {
            foreach (bool isTcp in new[] { true, false })
                Assert.Equal(model.GetValueOrDefault((isTcp, port), NodePortTable.NoSlot), Find(isTcp, port));
        }
    }

    private uint Find(bool isTcp, ushort port) => _table.Find(isTcp ? FlowClass.Tcp : FlowClass.Udp, Be16.FromHost(port).Wire);
}
