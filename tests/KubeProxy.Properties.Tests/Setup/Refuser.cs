using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Core.Translation;
using Verdict = KubeProxy.Core.Tests.Pipeline.Verdict;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>Hands what was not translated to Core's refusals, as the forward nodes do, in memory that ends at a forbidden page.</summary>
internal sealed unsafe class Refuser(DataPathFixture path) : IDisposable
{
    private const int HeadroomBytes = 64;
    private const double NowSeconds = 1000;
    private readonly PacketArena _arena = new();

    public Deed Answer(Verdict verdict, byte[] packet)
    {
        bool isAnswered = verdict.Outcome is Outcome.NoPod or Outcome.UnknownPort or Outcome.NoSourcePort or Outcome.EchoRequest or Outcome.NoHopLeft or Outcome.TooLong
            or Outcome.HiddenHeader or Outcome.OpenRoute or Outcome.NoUdpChecksum;
        if (!isAnswered) return new Deed(verdict, Rejection.None, []);
        return packet[0] >> 4 == 6 ? Answer<Ip6Reject>(verdict, packet) : Answer<Ip4Reject>(verdict, packet);
    }

    public void Dispose() => _arena.Dispose();

    /// <summary>A client's packet that came over IPv4 and whose header is IPv6's by now: the error about it comes from the VIP.</summary>
    private static bool IsOfNat46(byte[] packet) => packet[0] >> 4 == 6 && new System.Net.IPAddress(packet.AsSpan(24, 16)).IsIPv4MappedToIPv6;

    private Deed Answer<TReject>(Verdict verdict, byte[] packet)
        where TReject : struct, IRejectFamily
    {
        byte[] room = [.. Enumerable.Repeat((byte)0x5A, HeadroomBytes), .. packet];
        byte* start = _arena.Put(0, room) + HeadroomBytes;
        var input = new RejectPacket { Start = start, AvailableBytes = (uint)packet.Length, HeadroomBytes = HeadroomBytes };
        input.IsFromReserved = packet[0] >> 4 == 6 && Nat46Path.IsFromReserved(&path.Shared->Translation.Prefix, input.Start);
        RejectLimit limit = RejectLimit.Create(RejectLimit.DefaultPerSecond, RejectLimit.DefaultBurst);
        byte[] own = (packet[0] >> 4 == 6 ? RealRouter.RouterIp6 : RealRouter.RouterIp4).GetAddressBytes();
        RejectAnswer answer;
        fixed (byte* source = own)
        {
            answer = verdict.Outcome switch
            {
                Outcome.EchoRequest => Echo<TReject>.Answer(&input, &limit, NowSeconds),
                Outcome.NoHopLeft or Outcome.TooLong or Outcome.HiddenHeader or Outcome.OpenRoute or Outcome.NoUdpChecksum =>
                    RouterError<TReject>.Answer(&input, verdict.Outcome, (uint)verdict.Target, IsOfNat46(packet) ? null : source, &limit, NowSeconds),
                _ => Reject<TReject>.Answer(&input, &limit, NowSeconds),
            };
        }

        byte[] after = _arena.Take(0);
        if (!answer.IsAnswered && !after.AsSpan().SequenceEqual(room)) throw new InvalidOperationException("a packet without an answer was changed");
        return new Deed(verdict, answer.Rejection, answer.IsAnswered ? after.AsSpan(HeadroomBytes + answer.OffsetBytes, (int)answer.LengthBytes).ToArray() : []);
    }
}
