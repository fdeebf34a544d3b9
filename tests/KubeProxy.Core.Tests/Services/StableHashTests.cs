using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public class StableHashTests
{
    [Fact]
    public void TheMixIsMurmurHash3sFinalizer()
    {
        Assert.Equal(0UL, StableHash.Mix(0));
        Assert.Equal(0xB456_BCFC_34C2_CB2CUL, StableHash.Mix(1));
        Assert.Equal(0x64B5_720B_4B82_5F21UL, StableHash.Mix(ulong.MaxValue));
    }

    [Fact]
    public void EveryInputChangesTheHash()
    {
        ulong hash = StableHash.Combine(1, 2, 3);
        Assert.NotEqual(hash, StableHash.Combine(2, 2, 3));
        Assert.NotEqual(hash, StableHash.Combine(1, 3, 3));
        Assert.NotEqual(hash, StableHash.Combine(1, (UInt128)2 << 64, 3));
        Assert.NotEqual(hash, StableHash.Combine(1, 2, 4));
    }
}
