using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>TCP segments that belong to no connection are answered as RFC 9293 section 3.10.7.1 says.</summary>
public sealed class RejectResetTests
{
    private const byte Fin = 0x01;
    private const byte Rst = 0x04;
    private const byte Push = 0x08;

    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [MemberData(nameof(Families))]
    public void ASynIsAcknowledgedByItsReset(IpFamily family)
    {
        PacketSpec syn = Segment(family, PacketSpec.Syn, payloadBytes: 0);
        AssertReset(family, syn, syn.Build(), sequence: 0, acknowledgment: SequenceOf(syn) + 1);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void DataAndSynAndFinCountAsDataOfASegmentWithoutAck(IpFamily family)
    {
        foreach ((byte flags, uint counted) in new (byte, uint)[] { (0, 0), (PacketSpec.Syn, 1), (Fin, 1), (PacketSpec.Syn | Fin, 2), (Push, 0) })
        {
            for (int data = 0; data < 40; data++)
            {
                PacketSpec segment = Segment(family, flags, data);
                AssertReset(family, segment, segment.Build(), sequence: 0, acknowledgment: SequenceOf(segment) + (uint)data + counted);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ASegmentWithAckIsResetFromWhatItAcknowledges(IpFamily family)
    {
        foreach (byte flags in (byte[])[PacketSpec.Ack, PacketSpec.Ack | Push, PacketSpec.Ack | PacketSpec.Syn, PacketSpec.Ack | Fin, PacketSpec.Ack | Fin | Push])
        {
            PacketSpec segment = Segment(family, flags, payloadBytes: 21);
            byte[] packet = WithNumbers(segment.Build(), 0x01020304, 0xFEDCBA98);
            AssertReset(family, segment, packet, sequence: 0xFEDCBA98, acknowledgment: null);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void TheAcknowledgmentWrapsAsSequenceNumbersDo(IpFamily family)
    {
        PacketSpec syn = Segment(family, PacketSpec.Syn, payloadBytes: 0);
        AssertReset(family, syn, WithNumbers(syn.Build(), uint.MaxValue, 7), sequence: 0, acknowledgment: 0);
        PacketSpec data = Segment(family, flags: 0, payloadBytes: 20);
        AssertReset(family, data, WithNumbers(data.Build(), uint.MaxValue - 9, 7), sequence: 0, acknowledgment: 10);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AResetIsNeverAnswered(IpFamily family)
    {
        using var scene = new RejectScene(family);
        for (int flags = 0; flags <= 0xFF; flags++)
        {
            if ((flags & Rst) == 0) continue;
            Assert.Equal(Rejection.NotAnswerable, scene.Refuse(Segment(family, (byte)flags, 3).Build()).Rejection);
        }

        Assert.Equal(0ul, scene.Limit.Taken);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void TcpOptionsAreNoData(IpFamily family)
    {
        // The header says that it is 32 bytes long: 12 of the 13 payload bytes are options.
        PacketSpec segment = Segment(family, PacketSpec.Syn, payloadBytes: 13);
        byte[] packet = Changed(segment.Build(), L4Of(family) + 12, 0x80);
        AssertReset(family, segment, packet, sequence: 0, acknowledgment: SequenceOf(segment) + 1 + 1);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ATrailerOfTheLinkIsNoData(IpFamily family)
    {
        PacketSpec syn = Segment(family, PacketSpec.Syn, payloadBytes: 0);
        AssertReset(family, syn, [.. syn.Build(), .. new byte[6]], sequence: 0, acknowledgment: SequenceOf(syn) + 1);
    }

    [Fact]
    public void Ip4OptionsAreNeitherDataNorAnswered()
    {
        PacketSpec syn = Segment(IpFamily.Ip4, PacketSpec.Syn, payloadBytes: 5) with { Ip4Options = [1, 1, 1, 1, 1, 1, 1, 0] };
        AssertReset(IpFamily.Ip4, syn, syn.Build(), sequence: 0, acknowledgment: SequenceOf(syn) + 6);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AResetNeedsNoHeadroom(IpFamily family)
    {
        using var scene = new RejectScene(family) { HeadroomBytes = 0 };
        Assert.Equal(Rejection.Reset, scene.Refuse(Segment(family, PacketSpec.Syn, 0).Build()).Rejection);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AHeaderLengthThatDoesNotFitTheSegmentIsNotAnswered(IpFamily family)
    {
        using var scene = new RejectScene(family);
        foreach (byte offset in (byte[])[0x00, 0x10, 0x40, 0x60, 0xF0])
        {
            byte[] packet = Changed(Segment(family, PacketSpec.Syn, payloadBytes: 3).Build(), L4Of(family) + 12, offset);
            Assert.Equal(Rejection.NotAnswerable, scene.Refuse(packet).Rejection);
        }
    }

    private static void AssertReset(IpFamily family, PacketSpec segment, byte[] packet, uint sequence, uint? acknowledgment)
    {
        using var scene = new RejectScene(family);
        Refusal refusal = scene.Refuse(packet);
        Assert.Equal(Rejection.Reset, refusal.Rejection);
        Assert.Equal(ExpectedAnswer.Reset(segment, sequence, acknowledgment), refusal.Bytes);
    }

    private static PacketSpec Segment(IpFamily family, byte flags, int payloadBytes) =>
        new(Site.Client(family), Site.Vip(family, 1, 79), IpProtocol.Tcp) { TcpFlags = flags, PayloadBytes = payloadBytes, Seed = 77 };

    /// <summary>As <see cref="PacketSpec"/> writes it.</summary>
    private static uint SequenceOf(PacketSpec segment) => (uint)segment.Seed + 1;

    private static int L4Of(IpFamily family) => family == IpFamily.Ip4 ? 20 : 40;

    private static byte[] WithNumbers(byte[] packet, uint sequence, uint acknowledgment)
    {
        int l4 = packet[0] >> 4 == 4 ? 20 : 40;
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(l4 + 4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(l4 + 8), acknowledgment);
        PacketChecksums.Write(packet, l4, IpProtocol.Tcp);
        return packet;
    }

    private static byte[] Changed(byte[] packet, int offset, byte value)
    {
        packet[offset] = value;
        PacketChecksums.Write(packet, packet[0] >> 4 == 4 ? 20 : 40, IpProtocol.Tcp);
        return packet;
    }
}
