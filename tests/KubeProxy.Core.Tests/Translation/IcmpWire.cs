using System.Buffers.Binary;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>ICMP messages of either family, straight from RFC 792, RFC 4443 and RFC 4884.</summary>
internal static class IcmpWire
{
    /// <summary>An echo with a number, a sequence and data.</summary>
    public static byte[] Echo(byte type, int dataBytes)
    {
        byte[] message = Wire.DatagramOf(IpProtocol.Icmp, 8 + dataBytes);
        (message[0], message[1]) = (type, 0);
        return message;
    }

    /// <summary>An error: type, code, the second word, and the quoted packet.</summary>
    public static byte[] Error(byte type, byte code, uint rest, ReadOnlySpan<byte> quoted)
    {
        var message = new byte[8 + quoted.Length];
        (message[0], message[1]) = (type, code);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), rest);
        quoted.CopyTo(message.AsSpan(8));
        return message;
    }

    /// <summary>From a router to the near end, over IPv4, about a packet of its.</summary>
    public static Wire In4(byte type, byte code, uint rest, byte[] quoted) =>
        new(Twins.Router4, Twins.Near4, IpProtocol.Icmp, Error(type, code, rest, quoted));

    /// <summary>From a router to the near end, over IPv6.</summary>
    public static Wire In6(byte type, byte code, uint rest, byte[] quoted) =>
        new(Twins.Router6, Twins.Near6, IpProtocol.Icmp6, Error(type, code, rest, quoted));
}
