using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>What a translated packet may differ in from the one that came, byte by byte, and what its checksums must be.</summary>
internal static class TranslationChecks
{
    /// <summary>Which of a packet's ends have changed.</summary>
    [Flags]
    public enum Ends
    {
        Source = 1,
        Destination = 2,
        Both = 3,
    }

    /// <summary>Addresses, ports and checksums may differ; no other byte does, and the checksums follow.</summary>
    public static void CheckPacket(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, IpFamily family, Ends ends)
    {
        var was = new PacketView(before, family);
        var view = new PacketView(after, family);
        if (was.L4 == 0 || view.L4 != was.L4) throw new FindingException("what has no transport header was translated", new InvalidOperationException($"{Convert.ToHexString(before)} became {Convert.ToHexString(after)}"));
        var may = new ByteSet(before.Length);
        AllowEnds(may, was, ends);
        bool hasTransport = !was.IsFragment || was.FragmentOffset == 0;
        if (hasTransport) AllowTransport(may, was, ends, at: 0);
        may.Check(before, after);
        if (was.IsIp4) CheckSame("the IPv4 header's checksum", Residue.OfHeader(before[..was.L4]), Residue.OfHeader(after[..was.L4]));
        if (hasTransport && was.Checksum.Length != 0 && !IsWithoutChecksum(was) && IsCrcKnown(was))
            CheckSame("the transport checksum", Residue.OfTransport(was), Residue.OfTransport(view));
        if (was.Protocol == IpProtocol.Udp && hasTransport) CheckZero(was, view);
    }

    /// <summary>An ICMP error: its addresses, and ends and checksums of what it quotes.</summary>
    public static void CheckError(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, IpFamily family)
    {
        var was = new PacketView(before, family);
        var view = new PacketView(after, family);
        if (was.L4 == 0 || !was.IsIcmp) throw new FindingException("what is no ICMP was translated as an error");
        int at = was.L4 + 8;
        var may = new ByteSet(before.Length);
        AllowEnds(may, was, Ends.Both);
        may.Allow(was.L4 + 2, 2);
        int end = at + Math.Min(before.Length - at, QuoteBytes(was));
        var quoted = new PacketView(before[at..end], family);
        if (quoted.L4 == 0 || !quoted.HasPorts) throw new FindingException("an error about nothing was translated");
        AllowEnds(may, quoted, Ends.Both, at);
        AllowTransport(may, quoted, Ends.Both, at);
        may.Check(before, after);
        if (was.IsIp4) CheckSame("the IPv4 header's checksum", Residue.OfHeader(before[..was.L4]), Residue.OfHeader(after[..was.L4]));
        if (was.IsWhole) CheckSame("the ICMP checksum", Residue.OfIcmp(was), Residue.OfIcmp(view));
        CheckQuote(quoted, new PacketView(after[at..end], family));
    }

    /// <summary>Length of the quote where extensions follow it, in words of the family's (RFC 4884 section 4).</summary>
    private static int QuoteBytes(PacketView error)
    {
        int words = error.Bytes[error.L4 + (error.IsIp4 ? 5 : 4)] * (error.IsIp4 ? 4 : 8);
        bool hasLength = words != 0 && (error.IsIp4 || error.Bytes[error.L4] is 1 or 3);
        return hasLength ? words : int.MaxValue;
    }

    private static void CheckQuote(PacketView was, PacketView view)
    {
        if (was.IsIp4) CheckSame("the quoted header's checksum", Residue.OfHeader(was.Bytes[..was.L4]), Residue.OfHeader(view.Bytes[..was.L4]));
        bool isThere = was.Protocol != IpProtocol.Sctp && was.Transport.Length >= was.Checksum.Offset + was.Checksum.Length;
        if (isThere && !IsWithoutChecksum(was)) CheckSame("the quoted transport checksum", Residue.OfTransport(was), Residue.OfTransport(view));
    }

    private static void AllowEnds(ByteSet may, PacketView view, Ends ends, int at = 0)
    {
        if (ends.HasFlag(Ends.Source)) may.Allow(at + view.SourceAt, view.AddressBytes);
        if (ends.HasFlag(Ends.Destination)) may.Allow(at + view.DestinationAt, view.AddressBytes);
        if (view.IsIp4) may.Allow(at + 10, 2);
    }

    private static void AllowTransport(ByteSet may, PacketView view, Ends ends, int at)
    {
        if (view.HasPorts && ends.HasFlag(Ends.Source)) may.Allow(at + view.L4, 2);
        if (view.HasPorts && ends.HasFlag(Ends.Destination)) may.Allow(at + view.L4 + 2, 2);
        may.Allow(at + view.L4 + view.Checksum.Offset, view.Checksum.Length);
    }

    /// <summary>UDP without a checksum gets none, and one with a checksum keeps one: 0 means none.</summary>
    private static void CheckZero(PacketView was, PacketView view)
    {
        if (was.Transport.Length < 8) return;
        if (IsWithoutChecksum(was) != IsWithoutChecksum(view)) throw new FindingException("a UDP checksum has come or gone");
    }

    private static bool IsWithoutChecksum(PacketView view) =>
        view.Protocol is IpProtocol.Udp or IpProtocol.UdpLite && view.Transport.Length >= 8 && view.Transport[6] == 0 && view.Transport[7] == 0;

    /// <summary>SCTP's covers the whole packet.</summary>
    private static bool IsCrcKnown(PacketView view) => view.Protocol != IpProtocol.Sctp || (view.IsWhole && !view.IsFragment);

    private static void CheckSame(string what, long before, long after)
    {
        if (before != after) throw new FindingException($"{what} does not follow");
    }
}
