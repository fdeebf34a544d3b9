using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>The state of a connection, against what a bystander would write down about it.</summary>
public sealed unsafe class TcpStateTests
{
    private static readonly Gen<(bool IsClient, TcpSegment Segment)> Segments =
        Gen.Select(Gen.Bool, Gen.Int[0, 5].Select(number => (TcpSegment)number));

    [Fact]
    public void AnySequenceOfSegmentsLeavesTheKindThatABystandersNotesGive() =>
        Segments.Array[1, 40].Sample(
            segments =>
            {
                uint kind = SessionKind.TcpOpening;
                var notes = new Notes();
                foreach ((bool isClient, TcpSegment segment) in segments)
                {
                    kind = isClient ? TcpState.AfterClient(kind, segment) : TcpState.AfterPod(kind, segment);
                    notes = isClient ? notes.AfterClient(segment) : notes.AfterPod(segment);
                    if (kind != notes.Kind) return false;
                }

                return true;
            },
            iter: 100_000);

    [Theory]
    [InlineData(0x02, 20, 20u, TcpSegment.Syn)]
    [InlineData(0x12, 24, 24u, TcpSegment.SynAck)]
    [InlineData(0xC2, 40, 45u, TcpSegment.Syn)]
    [InlineData(0x10, 20, 20u, TcpSegment.Bare)]
    [InlineData(0x00, 20, 20u, TcpSegment.Bare)]
    [InlineData(0x10, 32, 32u, TcpSegment.Bare)]
    [InlineData(0x10, 32, 33u, TcpSegment.Data)]
    [InlineData(0x18, 20, 1480u, TcpSegment.Data)]
    [InlineData(0x11, 20, 20u, TcpSegment.Fin)]
    [InlineData(0x19, 20, 900u, TcpSegment.Fin)]
    [InlineData(0x04, 20, 20u, TcpSegment.Reset)]
    [InlineData(0x14, 20, 30u, TcpSegment.Reset)]
    [InlineData(0xFF, 60, 60u, TcpSegment.Reset)]
    [InlineData(0x03, 20, 20u, TcpSegment.Syn)]
    [InlineData(0x10, 60, 20u, TcpSegment.Bare)]
    public void ASegmentIsReadFromItsFlagsAndItsLength(int flags, int headerBytes, uint lengthBytes, TcpSegment expected)
    {
        byte* l4 = stackalloc byte[20];
        l4[12] = (byte)(headerBytes / 4 << 4);
        l4[13] = (byte)flags;
        Assert.Equal(expected, TcpState.Read(l4, lengthBytes));
    }

    [Theory]
    [InlineData(TcpSegment.Syn, SessionKind.TcpOpening)]
    [InlineData(TcpSegment.Bare, SessionKind.TcpEstablished)]
    [InlineData(TcpSegment.Data, SessionKind.TcpEstablished)]
    [InlineData(TcpSegment.Fin, SessionKind.TcpClientClosed)]
    [InlineData(TcpSegment.Reset, SessionKind.TcpClosing)]
    public void AFirstPacketIsTakenForWhatItIs(TcpSegment segment, uint expected) => Assert.Equal(expected, TcpState.First(segment));

    /// <summary>What was seen: who has finished, whether it was reset, whether the pod has answered.</summary>
    private sealed record Notes(bool IsAnswered = false, bool ClientFinished = false, bool PodFinished = false, bool WasReset = false)
    {
        private bool IsEnding => WasReset || (ClientFinished && PodFinished);

        public uint Kind => this switch
        {
            { IsEnding: true } => SessionKind.TcpClosing,
            { IsAnswered: false } => SessionKind.TcpOpening,
            { ClientFinished: true } => SessionKind.TcpClientClosed,
            { PodFinished: true } => SessionKind.TcpPodClosed,
            _ => SessionKind.TcpEstablished,
        };

        public Notes AfterClient(TcpSegment segment) => segment switch
        {
            TcpSegment.Syn when IsEnding || ClientFinished => new Notes(),
            TcpSegment.Bare when !IsEnding => this with { IsAnswered = true },
            TcpSegment.Fin when !IsEnding => this with { IsAnswered = true, ClientFinished = true },
            _ => AfterEither(segment),
        };

        public Notes AfterPod(TcpSegment segment) => segment switch
        {
            TcpSegment.SynAck when !IsEnding => this with { IsAnswered = true, PodFinished = false },
            TcpSegment.Fin when !IsEnding && IsAnswered => this with { PodFinished = true },
            _ => AfterEither(segment),
        };

        private Notes AfterEither(TcpSegment segment) => segment switch
        {
            TcpSegment.Reset => this with { WasReset = true },
            TcpSegment.Data when IsEnding => new Notes(IsAnswered: true),
            TcpSegment.Data => this with { IsAnswered = true },
            _ => this,
        };
    }
}
