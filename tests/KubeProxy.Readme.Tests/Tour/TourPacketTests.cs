using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.Readme.Tests.Tour;

public sealed class TourPacketTests
{
    public static TheoryData<string> Names => [.. TourPackets.Files.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheFileHoldsThePacketsThatTheTourDescribes(string name)
    {
        IReadOnlyList<byte[]> wanted = TourPackets.Files[name];
        if (File.Exists(TourPackets.PathOf(name)) && new PcapFile(TourPackets.PathOf(name)).ReadNew().SequenceEqual(wanted, FrameComparer.Instance))
            return;
        string fresh = Path.Combine(AppContext.BaseDirectory, name);
        PcapFile.Write(fresh, [.. wanted]);
        Assert.Fail($"docs/tour/{name} holds other packets; the right ones are in {Path.GetRelativePath(Artifacts.RepositoryRoot, fresh)}");
    }

    private sealed class FrameComparer : IEqualityComparer<byte[]>
    {
        public static readonly FrameComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => obj.Length;
    }
}
