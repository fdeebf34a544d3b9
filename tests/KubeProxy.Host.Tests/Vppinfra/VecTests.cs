using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;
using Xunit;

namespace KubeProxy.Host.Tests.Vppinfra;

public sealed unsafe class VecTests
{
    [Fact]
    public void TheHeaderStandsInFrontOfTheDataAsInVpp()
    {
        uint* v = Vec.Create<uint>(3);
        vec_header_t* header = Clib._vec_find(v);
        Assert.Equal(3u, header->len);
        Assert.Equal(0u, (nuint)Clib.vec_header(v) % 64);
        Assert.Equal(64, (byte*)v - (byte*)Clib.vec_header(v));
        Vec.Free(v);
    }

    [Fact]
    public void GrowingKeepsTheElementsAndClearsTheNewOnes()
    {
        uint* v = Vec.Create<uint>(2);
        v[0] = 7;
        v[1] = 8;
        for (uint length = 3; length < 1000; length++)
        {
            v = Vec.Validate(v, length);
            Assert.Equal(0u, v[length - 1]);
            v[length - 1] = length;
        }
        Assert.Equal((7u, 8u, 3u, 999u), (v[0], v[1], v[2], v[998]));
        Assert.Equal(999u, Vec.Length(v));
        Vec.Free(v);
    }

    [Fact]
    public void TextIsAppended()
    {
        byte* v = Vec.Append(null, "one "u8);
        v = Vec.Append(v, "two"u8);
        Assert.Equal("one two", Vec.ToString(v));
        Vec.Free(v);
    }

    [Fact]
    public void NoVectorIsEmpty()
    {
        Assert.Equal(0u, Vec.Length(null));
        Assert.Equal("", Vec.ToString(null));
        Vec.Free(null);
    }

    [Fact]
    public void AVectorIsAPoolWithoutFreeElements()
    {
        ulong* pool = Vec.Create<ulong>(2);
        Assert.Equal(2u, Clib.pool_elts(pool));
        Assert.False(Clib.pool_is_free_index(pool, 1));
        Assert.True(Clib.pool_is_free_index(pool, 2));
        Vec.Free(pool);
    }
}
