using KubeProxy.Core.Net;
using Xunit;

namespace KubeProxy.Core.Tests.Net;

public sealed class Be16Tests
{
    [Fact]
    public unsafe void APortLiesInMemoryMostSignificantByteFirst()
    {
        ushort wire = Be16.FromHost(0x1F90).Wire;
        byte* bytes = (byte*)&wire;
        Assert.Equal(0x1F, bytes[0]);
        Assert.Equal(0x90, bytes[1]);
    }

    [Fact]
    public void EveryNumberComesBackFromTheWire()
    {
        for (int number = 0; number <= ushort.MaxValue; number++)
        {
            Be16 there = Be16.FromHost((ushort)number);
            Assert.Equal((ushort)number, there.Host);
            Assert.Equal(there, Be16.FromWire(there.Wire));
        }
    }

    [Fact]
    public void ItPrintsAsTheNumber() => Assert.Equal("8080", Be16.FromHost(8080).ToString());
}
