using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsCheck;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Snapshots;

public unsafe class SnapshotTests
{
    [Fact]
    public void TheLayoutIsAsDrawn()
    {
        Assert.Equal(PodRecord.SizeBytes, sizeof(PodRecord));
        Assert.Equal(ServiceEntry.HeaderBytes, sizeof(ServiceEntry));
        Assert.Equal(VipEntry.HeaderBytes, sizeof(VipEntry));
        Assert.Equal(Snapshot.HeaderBytes, sizeof(Snapshot));
        Assert.Equal(8, (int)Marshal.OffsetOf<VipEntry>(nameof(VipEntry.HasSctp)));
        Assert.Equal(10, (int)Marshal.OffsetOf<VipEntry>(nameof(VipEntry.IsServing)));
        Assert.Equal(12, (int)Marshal.OffsetOf<VipEntry>(nameof(VipEntry.MainSlot)));
        Assert.Equal(16, Offset(nameof(PodRecord.ForwardTarget)));
        Assert.Equal(24, Offset(nameof(PodRecord.State)));
        Assert.Equal(28, Offset(nameof(PodRecord.TargetPortWire)));
        Assert.Equal(32, Offset(nameof(PodRecord.AddressSum)));
        Assert.Equal(40, Offset(nameof(PodRecord.ServiceIndex)));
        Assert.Equal(44, Offset(nameof(PodRecord.Protocol)));
    }

    [Fact]
    public void AVipSlotBeyondThePagesOrInAnEmptyPageHasNoVip()
    {
        var page = stackalloc VipEntry*[Snapshot.PageLength];
        new Span<byte>(page, Snapshot.PageLength * sizeof(void*)).Clear();
        VipEntry vip = default;
        page[3] = &vip;
        byte* memory = stackalloc byte[(int)Snapshot.LengthBytes(2)];
        var snapshot = (Snapshot*)memory;
        snapshot->PageCount = 2;
        Snapshot.Pages(snapshot)[0] = null;
        Snapshot.Pages(snapshot)[1] = page;
        Assert.True(Snapshot.FindVip(snapshot, 256 + 3) == &vip);
        Assert.True(Snapshot.FindVip(snapshot, 256 + 4) == null);
        Assert.True(Snapshot.FindVip(snapshot, 3) == null);
        Assert.True(Snapshot.FindVip(snapshot, 512) == null);
        Assert.True(Snapshot.FindVip(snapshot, uint.MaxValue) == null);
    }

    [Fact]
    public void AKeyIsFoundWhereverItsProbeEnds() =>
        Gen.Select(Gen.Byte, Gen.UShort).HashSet[0, 64].Sample(keys =>
        {
            uint length = 2;
            while (length < 2 * keys.Count) length *= 2;
            var allocator = new HeapAllocator();
            NativeBlock block = NativeBlock.TryAllocate(allocator, VipEntry.LengthBytes(length));
            Fill((VipEntry*)block.Start, length - 1, keys);
            nint expected = 1;
            foreach ((byte protocol, ushort port) in keys)
            {
                Assert.Equal(expected++, (nint)VipEntry.FindKey((VipEntry*)block.Start, VipEntry.Key(protocol, port)));
            }

            for (int port = 0; port < 200; port++)
            {
                bool isThere = keys.Contains((IpProtocol.Sctp, (ushort)port));
                Assert.Equal(isThere, VipEntry.FindKey((VipEntry*)block.Start, VipEntry.Key(IpProtocol.Sctp, (ushort)port)) != null);
            }

            block.Free(allocator);
        });

    [Theory]
    [InlineData(1u, 0u, 7u)]
    [InlineData(4u, 5u, 9u)]
    [InlineData(4u, uint.MaxValue, 9u)]
    public void TheChoiceTakesTheLowBitsOfTheHash(uint length, uint hash, uint expected)
    {
        byte* memory = stackalloc byte[(int)ServiceEntry.LengthBytes(4)];
        var entry = (ServiceEntry*)memory;
        entry->TableMask = length - 1;
        uint* table = ServiceEntry.Table(entry);
        (table[0], table[1], table[2], table[3]) = (7, 9, 8, 9);
        Assert.Equal(expected, ServiceEntry.Choose(entry, hash));
    }

    private static void Fill(VipEntry* entry, uint mask, HashSet<(byte Protocol, ushort Port)> keys)
    {
        entry->TableMask = mask;
        byte* slots = (byte*)entry + VipEntry.HeaderBytes;
        ulong value = 1;
        foreach ((byte protocol, ushort port) in keys)
        {
            ulong key = VipEntry.Key(protocol, port);
            uint probe = VipEntry.FirstSlot(key) & mask;
            while (Unsafe.Read<ulong>(slots + (probe * VipEntry.SlotBytes)) != 0) probe = (probe + 1) & mask;
            Unsafe.Write(slots + (probe * VipEntry.SlotBytes), key);
            Unsafe.Write(slots + (probe * VipEntry.SlotBytes) + 8, value++);
        }
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<PodRecord>(field);
}
