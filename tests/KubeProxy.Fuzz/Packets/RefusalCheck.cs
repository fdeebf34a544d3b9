using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>What was not translated and is answered is answered as the forward nodes do it, and the answer is looked at.</summary>
internal sealed unsafe class RefusalCheck(IpFamily family)
{
    private const double NowSeconds = 1000;
    private static readonly RejectLimit Full = RejectLimit.Create(RejectLimit.DefaultPerSecond, 3);
    private RejectLimit _limit = Full;

    public void Clear() => _limit = Full;

    public void Check(PacketRoom room, Outcome outcome, uint mtuBytes, Step step)
    {
        RejectPacket packet = new()
        {
            Start = room.Start,
            AvailableBytes = (uint)step.Packet.Length,
            HeadroomBytes = (uint)step.HeadroomBytes,
            IsChained = step.IsChained,
            IsChecksumSettled = step.IsSegmented,
        };
        RejectLimit limit = _limit;
        RejectAnswer answer = family == IpFamily.Ip4 ? Answer<Ip4Reject>(&packet, outcome, mtuBytes, &limit) : Answer<Ip6Reject>(&packet, outcome, mtuBytes, &limit);
        _limit = limit;
        room.CheckBorders();
        if (answer.IsAnswered) CheckAnswer(room, outcome, answer, step);
        else room.CheckUntouched($"{outcome}, {answer.Rejection}");
    }

    private static RejectAnswer Answer<TReject>(RejectPacket* packet, Outcome outcome, uint mtuBytes, RejectLimit* limit)
        where TReject : struct, IRejectFamily => outcome switch
        {
            Outcome.EchoRequest => Echo<TReject>.Answer(packet, limit, NowSeconds),
            Outcome.NoHopLeft or Outcome.TooLong => RouterError<TReject>.Answer(packet, outcome, mtuBytes, null, limit, NowSeconds),
            Outcome.NoPod or Outcome.UnknownPort or Outcome.NoSourcePort => Reject<TReject>.Answer(packet, limit, NowSeconds),
            _ => RejectAnswer.Dropped(Rejection.None),
        };

    /// <summary>It goes back to who sent the packet, is as long as it says, and right.</summary>
    private void CheckAnswer(PacketRoom room, Outcome outcome, RejectAnswer answer, Step step)
    {
        ReadOnlySpan<byte> bytes = room.Slice(room.Start + answer.OffsetBytes, answer.LengthBytes);
        var view = new PacketView(bytes, family);
        var was = new PacketView(step.Packet, family);
        if (!view.Destination.SequenceEqual(was.Source) || !view.Source.SequenceEqual(was.Destination))
            throw new FindingException($"{outcome}: the answer does not go back");
        bool isWholeEcho = answer.Rejection == Rejection.EchoReply && step.IsChained;
        if (isWholeEcho) return;
        if (view.LengthBytes != bytes.Length) throw new FindingException($"{outcome}: the answer has another length than it says");
        if (!Residue.IsSound(bytes, family)) throw new FindingException($"{outcome}: the answer's checksums are wrong");
    }
}
