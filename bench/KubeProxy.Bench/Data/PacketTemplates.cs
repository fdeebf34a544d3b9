using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Bench.Data;

/// <summary>
/// IP and UDP headers of many flows to one VIP and port, in a random order, one behind the other. A benchmark copies
/// 64 of them into the frame's packets for every run: what arrives next is always another flow.
/// </summary>
internal sealed unsafe class PacketTemplates
{
    public const ushort Port = 20000;
    private const uint Vip4 = 0x5A01_0101u;
    private const int Ip4Bytes = 20;
    private const int Ip6Bytes = 40;
    private const int UdpBytes = 8;
    private const int FlowsPerAddress = 500;
    private readonly bool _isIp4;

    public PacketTemplates(NativeMemoryPool memory, bool isIp4, int count, int firstFlow)
    {
        _isIp4 = isIp4;
        Count = count;
        LengthBytes = (isIp4 ? Ip4Bytes : Ip6Bytes) + UdpBytes;
        StrideBytes = (LengthBytes + 15) / 16 * 16;
        Start = memory.Allocate<byte>((nuint)count * (nuint)StrideBytes);
        int[] order = [.. Enumerable.Range(firstFlow, count)];
        new Random(1).Shuffle(order);
        for (int i = 0; i < count; i++)
            Write(Packet(i), order[i]);
    }

    public byte* Start { get; }

    public int Count { get; set; }

    public int LengthBytes { get; }

    public int StrideBytes { get; }

    /// <summary>Bytes of the whole packet as its headers say: 64, as in the measurements in VPP.</summary>
    public static uint PacketBytes => 64;

    /// <summary>The IPv4 VIP as it lies in a packet.</summary>
    public static uint Vip4Wire => BinaryPrimitives.ReverseEndianness(Vip4);

    public byte* Packet(int index) => Start + ((nint)index * StrideBytes);

    /// <summary>Turns a packet as it reached its pod into the pod's answer.</summary>
    public void StoreAnswer(int index, byte* reached)
    {
        byte* answer = Packet(index);
        new ReadOnlySpan<byte>(reached, LengthBytes).CopyTo(new Span<byte>(answer, LengthBytes));
        int addressBytes = _isIp4 ? 4 : 16;
        int addresses = _isIp4 ? 12 : 8;
        Swap(answer + addresses, addressBytes);
        Swap(answer + LengthBytes - UdpBytes, 2);
    }

    private static void Swap(byte* pair, int lengthBytes)
    {
        for (int i = 0; i < lengthBytes; i++)
            (pair[i], pair[lengthBytes + i]) = (pair[lengthBytes + i], pair[i]);
    }

    private void Write(byte* packet, int flow)
    {
        Span<byte> bytes = new(packet, LengthBytes);
        if (_isIp4)
        {
            bytes[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)PacketBytes);
            bytes[8] = 64;
            bytes[9] = IpProtocol.Udp;
            BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], 0x0100_0000u + (uint)(flow / FlowsPerAddress));
            BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], Vip4);
        }
        else
        {
            bytes[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(PacketBytes - Ip6Bytes));
            bytes[6] = IpProtocol.Udp;
            bytes[7] = 64;
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], 0xFD10_0000_0000_0000u);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], 1u + (uint)(flow / FlowsPerAddress));
            BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], 0xFD90_0000_0000_0000u);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[32..], 1);
        }

        Span<byte> udp = bytes[^UdpBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, (ushort)(1024 + (flow % FlowsPerAddress)));
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(PacketBytes - (uint)(LengthBytes - UdpBytes)));
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], 0x1234);
    }
}

/// <summary>The frame: 64 packets as far apart as a packet host's buffers.</summary>
internal sealed unsafe class PacketFrame
{
    private const int BufferBytes = 2304;
    private readonly byte* _buffers;

    public PacketFrame(NativeMemoryPool memory, PacketBatch* batch)
    {
        _buffers = memory.Allocate<byte>(PacketBatch.Capacity * (nuint)BufferBytes);
        for (int i = 0; i < PacketBatch.Capacity; i++)
        {
            batch->Packet[i] = (ulong)Packet(i);
            batch->Available[i] = PacketTemplates.PacketBytes;
            batch->VipSlot[i] = 0;
        }
    }

    public byte* Packet(int place) => _buffers + ((nint)place * BufferBytes);

    /// <summary>Puts the next packets into the frame and answers where the one after them is.</summary>
    public int Fill(PacketTemplates templates, int next)
    {
        int length = templates.LengthBytes;
        for (int i = 0; i < PacketBatch.Capacity; i++)
        {
            Buffer.MemoryCopy(templates.Packet(next), Packet(i), length, length);
            if (++next == templates.Count)
                next = 0;
        }

        return next;
    }
}
