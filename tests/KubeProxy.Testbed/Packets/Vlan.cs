using System.Buffers.Binary;

namespace KubeProxy.Testbed.Packets;

/// <summary>Tags of IEEE 802.1Q and 802.1ad between the addresses and the type of an Ethernet frame.</summary>
public static class Vlan
{
    /// <summary>Type of the one tag, or of the inner one.</summary>
    public const ushort Customer = 0x8100;

    /// <summary>Type of the outer tag of two (802.1ad).</summary>
    public const ushort Service = 0x88a8;

    private const int AddressesLengthBytes = 12;
    private const int TagLengthBytes = 4;

    /// <summary>The frame with these tags, the outer one first.</summary>
    public static byte[] Tagged(byte[] frame, params (ushort Type, ushort Id)[] tags)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(tags);
        byte[] between = new byte[tags.Length * TagLengthBytes];
        for (int i = 0; i < tags.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(between.AsSpan(i * TagLengthBytes), tags[i].Type);
            BinaryPrimitives.WriteUInt16BigEndian(between.AsSpan((i * TagLengthBytes) + 2), tags[i].Id);
        }

        return [.. frame[..AddressesLengthBytes], .. between, .. frame[AddressesLengthBytes..]];
    }

    /// <summary>The frame without any tag.</summary>
    public static byte[] Untagged(byte[] frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        int offset = AddressesLengthBytes;
        while (frame.Length >= offset + TagLengthBytes + 2 && BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(offset)) is Customer or Service)
            offset += TagLengthBytes;
        return offset == AddressesLengthBytes ? frame : [.. frame[..AddressesLengthBytes], .. frame[offset..]];
    }
}
