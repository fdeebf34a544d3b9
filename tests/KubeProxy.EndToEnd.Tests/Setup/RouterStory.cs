using System.Buffers.Binary;
using System.Net;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>What stories are told with in which the host speaks as the router between the clients and the pods.</summary>
public abstract class RouterStory : Story
{
    /// <summary>Earlier stories on this host may have used up its answers: this is time for fifty new ones, and no story expects more.</summary>
    private static readonly TimeSpan TimeForAnswers = TimeSpan.FromMilliseconds(50);

    protected RouterStory(HostFixture fixture) : base(fixture) => Thread.Sleep(TimeForAnswers);

    protected static string Node(Family family) => family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";

    protected static byte TimeExceeded(Family family) => family == Family.Ip4 ? (byte)11 : (byte)3;

    /// <summary>The host's address on the clients' side.</summary>
    protected static IPAddress Router(Family family) => IPAddress.Parse(family == Family.Ip4 ? "10.1.0.1" : "fd01::1");

    /// <summary>Each frame is told to its client, in order, byte for byte; nothing else leaves, and both counters say so.</summary>
    protected void AssertTold(byte[][] frames, Family family, string reason, string answer, Func<byte[], IcmpContent> about)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(about);
        ErrorCounters before = ErrorCounters.Of(Host);
        Capture capture = ClientsSend(frames);
        IReadOnlyList<byte[]> told = capture.On(Lab.ClientSide);
        Assert.Equal((frames.Length, frames.Length), (told.Count, capture.Count));
        for (int i = 0; i < frames.Length; i++)
            AssertSame(Error(frames[i], family, about(frames[i]), told[i]), told[i]);
        KeyValuePair<string, long>[] counted = [.. ErrorCounters.Of(Host).Since(before).Where(row => row.Key.StartsWith("kp", StringComparison.Ordinal) && !row.Key.Contains("rest of", StringComparison.Ordinal))];
        KeyValuePair<string, long>[] expected =
            [KeyValuePair.Create($"{Node(family)}: {reason}", (long)frames.Length), KeyValuePair.Create($"{Node(family)}: {answer}", (long)frames.Length)];
        Assert.Equivalent(expected, counted, strict: true);
    }

    /// <summary>The error about a frame; the number of the datagram is taken from what was told.</summary>
    private byte[] Error(byte[] frame, Family family, IcmpContent content, byte[] told)
    {
        int limit = family == Family.Ip4 ? 576 - 28 : 1280 - 48;
        content = content with { Body = content.Body[..Math.Min(content.Body.Length, limit)] };
        byte[] expected = IcmpFactory.Build(Lab.ToClients, Router(family), new IpView(frame).Source, content);
        if (family == Family.Ip6)
            return expected;
        BinaryPrimitives.WriteUInt16BigEndian(new IpView(expected).Ip[4..], BinaryPrimitives.ReadUInt16BigEndian(new IpView(told).Ip[4..]));
        Checksums.FillIp4Header(expected);
        return expected;
    }
}
