using System.Runtime.InteropServices;
using Xunit;

namespace KubeProxy.Interop.Tests;

/// <summary>The C# ports of VPP's inlines, over memory laid out as VPP would.</summary>
public unsafe class PortTests
{
    [Fact]
    public void ABufferIndexCountsCacheLinesFromTheStartOfTheMemory()
    {
        vlib_buffer_main_t buffers = new() { buffer_mem_start = 0x10_0000 };
        vlib_main_t vm = new() { buffer_main = &buffers };

        vlib_buffer_t* buffer = Vlib.vlib_get_buffer(&vm, 0x8000_0001);

        Assert.Equal(0x10_0000UL + (0x8000_0001UL * 64), (ulong)buffer);
        Assert.Equal(0x8000_0001u, Vlib.vlib_get_buffer_index(&vm, buffer));
    }

    [Fact]
    public void TheCurrentHeaderFollowsTheBufferHeaderAndMovesBothWays()
    {
        vlib_buffer_t buffer = new() { current_data = -14, current_length = 100 };
        Assert.Equal(256 - 14, (int)(Vlib.vlib_buffer_get_current(&buffer) - (byte*)&buffer));

        Vlib.vlib_buffer_advance(&buffer, 20);

        Assert.Equal((6, 80), (buffer.current_data, buffer.current_length));
        Assert.Equal(256 + 6 + 80, (int)(Vlib.vlib_buffer_get_tail(&buffer) - (byte*)&buffer));
        Assert.Equal(24, (int)((byte*)Vnet.vnet_buffer(&buffer) - (byte*)&buffer));
        Assert.Equal(72, (int)((byte*)Vnet.vnet_buffer2(&buffer) - (byte*)&buffer));
    }

    [Fact]
    public void AVectorsHeaderIsInFrontOfItAndANullVectorIsEmpty()
    {
        byte* memory = stackalloc byte[24];
        byte* vector = memory + 16;
        *Clib._vec_find(vector) = new vec_header_t { len = 3, hdr_size = 2 };
        "abc"u8.CopyTo(new Span<byte>(vector, 3));

        Assert.Equal(3u, Clib.vec_len(vector));
        Assert.Equal("abc"u8, Clib.vec_bytes(vector));
        Assert.Equal((nuint)memory, (nuint)Clib.vec_header(vector));
        Assert.Equal(0u, Clib.vec_len(null));
        Assert.Equal((nuint)0, (nuint)Clib.vec_header(null));
    }

    [Fact]
    public void APoolKnowsWhichElementsAreFree()
    {
        ulong* bitmap = stackalloc ulong[2];
        *Clib._vec_find(bitmap + 1) = new vec_header_t { len = 1, hdr_size = 1 };
        bitmap[1] = 0b10;
        byte* memory = stackalloc byte[24 + 8 + 4];
        byte* pool = memory + 32;
        *Clib._vec_find(pool) = new vec_header_t { len = 3, hdr_size = 4 };
        *Clib.pool_header(pool) = new pool_header_t { free_bitmap = (nuint*)(bitmap + 1) };

        Assert.Equal([false, true, false, true], new uint[] { 0, 1, 2, 3 }.Select(i => Clib.pool_is_free_index(pool, i)));
        Assert.True(Clib.pool_is_free_index(null, 0));
    }

    [Fact]
    public void TheTimeOfTheLastDispatchFollowsTheClockAndItsAdjustment()
    {
        vlib_main_t vm = default;
        vm.clib_time = new clib_time_t { total_cpu_time = 5_000, last_cpu_time = 1_000_000, seconds_per_clock = 1e-3 };
        vm.cpu_time_last_node_dispatch = 1_002_000;
        Assert.Equal(7.0, Vlib.vlib_time_last_node_dispatch(&vm), 9);

        vm.time_offset = 60;
        Assert.Equal(67.0, Vlib.vlib_time_last_node_dispatch(&vm), 9);
    }

    [Fact]
    public void AStampFromBeforeTheClocksLastReadingIsInThePast()
    {
        clib_time_t clock = new() { total_cpu_time = 5_000, last_cpu_time = 1_000_000, seconds_per_clock = 1e-3 };
        Assert.Equal(4.0, Clib.clib_time_now_internal(&clock, 999_000), 9);
    }

    [Fact]
    public void TheNextFeatureIsTheWordAfterThisFeaturesData()
    {
        uint* heap = stackalloc uint[8] { 0, 0, 0xaaaa, 0xbbbb, 7, 9, 0, 0 };
        vnet_feature_main_t features = new() { shared_feature_config_heap = heap };
        vlib_buffer_t buffer = new() { current_config_index = 2 };
        uint next;

        void* data = Vnet.vnet_feature_next_with_data(&features, &next, &buffer, 5);

        Assert.Equal((7u, 5u, (nuint)(heap + 2)), (next, buffer.current_config_index, (nuint)data));
        Assert.Equal(9, Vnet.vnet_feature_next_u16(&features, &buffer));
        Assert.Equal(6u, buffer.current_config_index);
    }

    [Fact]
    public void ALoadBalanceKeepsUpToFourBucketsInItself()
    {
        dpo_id_t outside = default;
        load_balance_t balance = new() { lb_n_buckets = 4, lb_buckets = &outside };
        Assert.Equal((nuint)(&balance) + 32 + 8, (nuint)Fib.load_balance_get_bucket_i(&balance, 1));

        balance.lb_n_buckets = 8;
        Assert.Equal((nuint)(&outside + 5), (nuint)Fib.load_balance_get_bucket_i(&balance, 5));
    }

    [Fact]
    public void AFreshDpoIsNotValid()
    {
        dpo_id_t dpo = default;
        Assert.False(Fib.dpo_id_is_valid(&dpo));
        dpo.dpoi_type = dpo_type_t.DPO_ADJACENCY;
        Assert.True(Fib.dpo_id_is_valid(&dpo));
        dpo.dpoi_index = Vpp.INDEX_INVALID;
        Assert.False(Fib.dpo_id_is_valid(&dpo));
        Assert.Equal(8, Marshal.SizeOf<dpo_id_t>());
    }

    [Fact]
    public void CountersAreSummedAndClearedOverAllThreads()
    {
        byte* memory = stackalloc byte[8 + (2 * sizeof(void*))];
        ulong* first = stackalloc ulong[2];
        ulong* second = stackalloc ulong[2];
        ulong** threads = (ulong**)(memory + 8);
        *Clib._vec_find(threads) = new vec_header_t { len = 2 };
        threads[0] = first;
        threads[1] = second;
        vlib_simple_counter_main_t counters = new() { counters = threads };

        Vlib.vlib_increment_simple_counter(&counters, 0, 1, 3);
        Vlib.vlib_increment_simple_counter(&counters, 1, 1, 4);

        Assert.Equal(7UL, Vlib.vlib_get_simple_counter(&counters, 1));
        Assert.Equal(0UL, Vlib.vlib_get_simple_counter(&counters, 0));
        Vlib.vlib_zero_simple_counter(&counters, 1);
        Assert.Equal(0UL, Vlib.vlib_get_simple_counter(&counters, 1));
    }
}
