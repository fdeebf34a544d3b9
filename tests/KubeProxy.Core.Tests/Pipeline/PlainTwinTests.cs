using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>What the loops over whole batches do to plain packets is, bit by bit, what the general way does.</summary>
public sealed unsafe class PlainTwinTests
{
    private const int PacketBytes = 64;
    private const uint UdpStamp = 0x0010_0000;
    private const uint TcpStamp = 0x0050_0000;
    private static readonly Gen<ushort> Checksum = Gen.OneOf(Gen.UShort, Gen.Const((ushort)0), Gen.Const(ushort.MaxValue), Gen.Const((ushort)1));
    private static readonly Gen<byte[]> Packet = Gen.Byte.Array[PacketBytes];
    private static readonly Gen<bool> IsTcp = Gen.Bool;

    [Fact]
    public void AnIp4PacketChangesAlikeOnItsWayToThePod() => Gen.Select(Packet, IsTcp, Checksum, Checksum, Gen.UInt, Gen.UShort).Sample(
        (packet, isTcp, headerChecksum, checksum, pod, port) => ChangesAlike(Ip4(packet, isTcp, headerChecksum, checksum), isTcp, pod, port, isForward: true),
        iter: 50_000);

    [Fact]
    public void AnIp4AnswerChangesAlike() => Gen.Select(Packet, IsTcp, Checksum, Checksum, Gen.UInt, Gen.UShort).Sample(
        (packet, isTcp, headerChecksum, checksum, pod, port) => ChangesAlike(Ip4(packet, isTcp, headerChecksum, checksum), isTcp, pod, port, isForward: false),
        iter: 50_000);

    /// <summary>The change that is zero modulo 65535 has no inverse of its kind: it is left to the general way.</summary>
    [Fact]
    public void APodWhoseAddressSumsUpToTheVipsIsNotFixed()
    {
        PodRecord pod = new() { Address4 = 0x0201_0403 };
        PodRecord.Fix(&pod, 0x0403_0201, 80, IpProtocol.Tcp);
        Assert.Equal(0u, pod.FixedDestination);
    }

    /// <summary>Nearly every pod of one address and port is: the general way would do the same, but slower.</summary>
    [Theory]
    [InlineData(IpProtocol.Tcp, 0x0B00_000Au, 8080)]
    [InlineData(IpProtocol.Udp, 0x0201_0404u, 0)]
    public void AnyOtherPodIsFixed(byte protocol, uint address, ushort targetPortWire)
    {
        PodRecord pod = new() { Address4 = address, TargetPortWire = targetPortWire };
        PodRecord.Fix(&pod, 0x0403_0201, 80, protocol);
        Assert.Equal((0x0403_0201u, targetPortWire == 0 ? (ushort)80 : targetPortWire), (pod.FixedDestination, pod.FixedPortWire));
    }

    [Fact]
    public void AnIp6PacketChangesAlikeBothWays() => Gen.Select(Packet, IsTcp, Checksum, Gen.ULong.Array[4], Gen.UShort.Array[2]).Sample(
        (packet, isTcp, checksum, words, ports) => Changes6Alike(packet, isTcp, checksum, words, ports), iter: 50_000);

    [Fact]
    public void AnIp4PacketIsPlainWhenTheGeneralWayTakesItAndItHasNoOptionsAndAHop() =>
        Gen.Select(Packet, OneOf<byte>(0x45, 0x45, 0x46, 0x44), OneOf<byte>(6, 17, 17, 1, 132), OneOf<ushort>(0, 0, 0x0040, 0x0020, 0x0100),
            Gen.Int[18, 64], Gen.Int[0, 64]).Sample((packet, version, protocol, fragment, length, available) =>
        {
            packet[0] = version;
            packet[9] = protocol;
            BitConverter.TryWriteBytes(packet.AsSpan(6), fragment);
            (packet[2], packet[3]) = (0, (byte)length);
            packet[8] &= 3;
            return IsPlain<Ip4Family, Ip4Session, Ip4Flow>(packet, (uint)available, isPlain: version == 0x45 && packet[8] > 1, 20);
        }, iter: 50_000);

    [Fact]
    public void AnIp6PacketIsPlainWhenTheGeneralWayTakesItAndItIsWholeAndHasAHop() =>
        Gen.Select(Packet, OneOf<byte>(6, 17, 17, 58, 0), Checksum, Gen.Int[0, 24], Gen.Int[0, 64]).Sample((packet, protocol, checksum, length, available) =>
        {
            packet[6] = protocol;
            (packet[4], packet[5]) = (0, (byte)length);
            packet[7] &= 3;
            BitConverter.TryWriteBytes(packet.AsSpan(46), checksum);
            return IsPlain<Ip6Family, Ip6Session, Ip6Flow>(packet, (uint)available, isPlain: packet[7] > 1 && 40 + length <= available, 40);
        }, iter: 50_000);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static bool IsPlain<TFamily, TSession, TFlow>(byte[] packet, uint available, bool isPlain, int headerBytes)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        uint* stamps = stackalloc uint[8];
        (stamps[FlowClass.Udp], stamps[FlowClass.Tcp]) = (UdpStamp, TcpStamp);
        FlowHash key = FlowHash.Choice;
        TFlow plain, general;
        fixed (byte* start = packet)
        {
            bool isTaken = TFamily.TryParse(start, available, &general);
            if (!TFamily.TryParsePlain(start, available, stamps, &key, &plain, out ulong hash, out uint lengthBytes)) return !isTaken || !isPlain;
            uint expected = TFlow.ClassOf(&general) == FlowClass.Udp ? UdpStamp : TcpStamp | (start[headerBytes + 13] & 7u);
            bool isStamped = TFlow.ClassOf(&plain) == expected && PlainFlow<TFlow>.TryRestore(&plain) && !PlainFlow<TFlow>.TryRestore(&plain);
            return isTaken && isPlain && isStamped && TFlow.AreSame(&plain, &general) && TFlow.ClassOf(&plain) == TFlow.ClassOf(&general)
                && hash == TFlow.Hash(&general, &key) && lengthBytes == TFamily.LengthBytes(start);
        }
    }

    private static byte[] Ip4(byte[] packet, bool isTcp, ushort headerChecksum, ushort checksum)
    {
        packet[0] = 0x45;
        packet[9] = isTcp ? IpProtocol.Tcp : IpProtocol.Udp;
        BitConverter.TryWriteBytes(packet.AsSpan(10), headerChecksum);
        BitConverter.TryWriteBytes(packet.AsSpan(isTcp ? 36 : 26), checksum);
        return packet;
    }

    private static bool ChangesAlike(byte[] packet, bool isTcp, uint podAddress, ushort targetPortWire, bool isForward)
    {
        byte[] twin = [.. packet];
        PodRecord pod = new() { Address4 = podAddress, TargetPortWire = targetPortWire };
        PodRecord.SetAddressSum(&pod);
        fixed (byte* plain = packet, general = twin)
        {
            Ip4Session session = default;
            if (isForward)
            {
                PodRecord.Fix(&pod, *(uint*)(plain + 16), *(ushort*)(plain + 22), plain[9]);
                if (pod.FixedDestination == 0) return true;
                if (!Ip4Family.TryRewritePlainDestination(plain, &pod)) return false;
                Ip4Family.RewriteDestination(general, &pod);
            }
            else
            {
                session.Tuple = new Ip4Flow { Destination = *(uint*)(plain + 16), Ports = *(uint*)(plain + 20) };
                ushort answered = targetPortWire != 0 ? targetPortWire : session.Tuple.DestinationPortWire;
                foreach (nint start in (nint[])[(nint)plain, (nint)general]) (*(uint*)(start + 12), *(ushort*)(start + 20)) = (podAddress, answered);
                PodRecord.Fix(&pod, session.Tuple.Destination, session.Tuple.DestinationPortWire, plain[9]);
                if (pod.FixedDestination == 0) return true;
                if (!Ip4Family.TryRewritePlainSource(plain, &session, &pod)) return false;
                Ip4Family.RewriteSource(general, &session);
            }
        }

        return packet.AsSpan().SequenceEqual(twin);
    }

    private static bool Changes6Alike(byte[] packet, bool isTcp, ushort checksum, ulong[] words, ushort[] ports)
    {
        packet[6] = isTcp ? IpProtocol.Tcp : IpProtocol.Udp;
        BitConverter.TryWriteBytes(packet.AsSpan(isTcp ? 56 : 46), checksum);
        byte[] twin = [.. packet];
        PodRecord pod = new() { Address6First = words[0], Address6Second = words[1], TargetPortWire = ports[0] };
        PodRecord.SetAddressSum(&pod);
        Ip6Session session = default;
        session.Tuple = new Ip6Flow { DestinationFirst = words[2], DestinationSecond = words[3], DestinationPortWire = ports[1] };
        fixed (byte* plain = packet, general = twin)
        {
            bool isDone = Ip6Family.TryRewritePlainDestination(plain, &pod);
            Ip6Family.RewriteDestination(general, &pod);
            if (!isDone || !packet.AsSpan().SequenceEqual(twin)) return false;
            foreach (nint start in (nint[])[(nint)plain, (nint)general]) (*(ulong*)(start + 8), *(ulong*)(start + 16)) = (words[0], words[1]);
            isDone = Ip6Family.TryRewritePlainSource(plain, &session, &pod);
            Ip6Family.RewriteSource(general, &session);
        }

        return packet.AsSpan().SequenceEqual(twin);
    }
}
