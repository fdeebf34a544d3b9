using System.Globalization;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>LIF-08: the kernel refuses memory to a running VPP (RLIMIT_AS). Each story has a VPP of its own.</summary>
public sealed class RefusedMemoryStories
{
    private const long Megabyte = 1 << 20;

    /// <summary>A table that is too large, and then many small ones until there is no room: each an error that changes nothing, and none of them VPP's end.</summary>
    [Theory]
    [Trait("Check", "LIF-08")]
    [InlineData(0)]
    [InlineData(1)]
    public void MemoryThatIsRefusedIsAnErrorWhichChangesNothingAndVppGoesOn(int workers)
    {
        using Story story = new(workers);
        IReadOnlyList<Pod> pods = story.Converse();
        story.LeaveRoomFor(48 * Megabyte);
        string before = HostState.Of(story.Host);
        Assert.StartsWith("kube-proxy conf: no memory for 1048576 buckets", story.Host.Cli("ku conf buckets 1048576"), StringComparison.Ordinal);
        Assert.Equal(before, HostState.Of(story.Host));
        Assert.Equal(pods, story.Converse());

        story.LeaveRoomFor(8 * Megabyte);
        (string refused, before) = story.AddUntilRefused();
        Assert.Contains("out of memory", refused, StringComparison.Ordinal);
        Assert.Equal(before, HostState.Of(story.Host));
        Assert.Equal(pods, story.Converse());

        story.LeaveRoomFor(long.MaxValue);
        Assert.Equal("", story.Host.Cli("ku conf buckets 131072"));
        Assert.Equal("", story.Host.Cli("ku vip 90.7.255.1 port 80 protocol tcp new_len 65536"));
        Assert.Equal(pods, story.Converse());
    }

    private sealed class Story(int workers) : Setup.Story(new OwnVpp(workers))
    {
        private Service? _service;

        public new IPacketHost Host => base.Host;

        public IReadOnlyList<Pod> Converse()
        {
            _service ??= Cluster.Add(Family.Ip4, Transport.Udp, 53);
            return Converse(_service, [.. Enumerable.Range(0, 100).Select(i => FlowTo(_service, Transport.Udp, i))]);
        }

        /// <summary>Allows the process as many bytes of address space as it has, and so many more.</summary>
        public void LeaveRoomFor(long bytes)
        {
            long now = long.Parse(File.ReadLines($"/proc/{Host.Pid}/status").First(line => line.StartsWith("VmSize:", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
            string limit = bytes == long.MaxValue ? "unlimited" : (now + bytes).ToString(CultureInfo.InvariantCulture);
            Tool.Run("prlimit", "--pid", Host.Pid.ToString(CultureInfo.InvariantCulture), $"--as={limit}:unlimited");
        }

        /// <summary>Services with large tables of pods; what the last of them was told, and what was there before it.</summary>
        public (string Refused, string Before) AddUntilRefused()
        {
            for (int i = 1; i < 250; i++)
            {
                string before = HostState.Of(Host);
                foreach (string line in (string[])[$"ku vip 90.7.0.{i} port 80 protocol tcp new_len 65536", $"ku pod 90.7.0.{i} port 80 10.2.0.11 10.2.0.12"])
                {
                    string printed = Host.Cli(line);
                    if (printed.Length > 0)
                        return (printed, before);
                    before = HostState.Of(Host);
                }
            }

            throw new TestbedException("nothing was refused");
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Lab.Dispose();
        }
    }

    private sealed class OwnVpp(int workers) : VppFixture(new VppOptions { Workers = workers });
}
