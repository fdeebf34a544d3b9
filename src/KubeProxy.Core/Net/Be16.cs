using System.Buffers.Binary;

namespace KubeProxy.Core.Net;

/// <summary>A 16-bit number in wire (big-endian) order, as it stands in a packet: a port, a length, a checksum.</summary>
public readonly record struct Be16
{
    private Be16(ushort wire) => Wire = wire;

    /// <summary>The two bytes as they lie in memory.</summary>
    public ushort Wire { get; }

    /// <summary>The number itself.</summary>
    public ushort Host => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(Wire) : Wire;

    /// <summary>From bytes as they lie in memory.</summary>
    public static Be16 FromWire(ushort wire) => new(wire);

    /// <summary>From a number.</summary>
    public static Be16 FromHost(ushort host) =>
        new(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(host) : host);

    /// <inheritdoc/>
    public override string ToString() => Host.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
