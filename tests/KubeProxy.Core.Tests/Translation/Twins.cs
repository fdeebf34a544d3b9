using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Translation;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>The two faces of one packet, and the translators between them, over memory whose borders are looked at.</summary>
internal static unsafe class Twins
{
    private const int Headroom = 96;
    private const byte Poison = 0xA5;

    public static readonly IPAddress Far4 = IPAddress.Parse("192.0.2.33");
    public static readonly IPAddress Near4 = IPAddress.Parse("10.96.0.1");
    public static readonly IPAddress Far6 = IPAddress.Parse("64:ff9b::192.0.2.33");
    public static readonly IPAddress Near6 = IPAddress.Parse("::ffff:10.96.0.1");
    public static readonly IPAddress Router4 = IPAddress.Parse("198.51.100.7");
    public static readonly IPAddress Router6 = IPAddress.Parse("64:ff9b::198.51.100.7");

    /// <summary>Far to near, over IPv4.</summary>
    public static Wire In4(byte protocol, int datagramBytes, int seed = 1) => new(Far4, Near4, protocol, Wire.DatagramOf(protocol, datagramBytes, seed));

    /// <summary>The same packet over IPv6.</summary>
    public static Wire In6(Wire wire) => wire with { From = Six(wire.From, isFar: true), To = Six(wire.To, isFar: false) };

    /// <summary>Near to far, over IPv4.</summary>
    public static Wire Out4(byte protocol, int datagramBytes, int seed = 1) => In4(protocol, datagramBytes, seed) with { From = Near4, To = Far4 };

    /// <summary>The same packet over IPv6.</summary>
    public static Wire Out6(Wire wire) => wire with { From = Six(wire.From, isFar: false), To = Six(wire.To, isFar: true) };

    public static byte[] ToIp6(byte[] packet, Outcome expected = Outcome.Translated, bool isChained = false) =>
        Run(packet, expected, isChained, isToIp6: true);

    public static byte[] ToIp4(byte[] packet, Outcome expected = Outcome.Translated, ushort id = 0, bool isChained = false) =>
        Run(packet, expected, isChained, isToIp6: false, id);

    /// <summary>Through a prefix whose words do not sum up to nothing, so that checksums must follow it.</summary>
    public static byte[] ToIp6(byte[] packet, IPAddress prefix96) => Run(packet, Outcome.Translated, isChained: false, isToIp6: true, prefix96: prefix96);

    public static byte[] ToIp4(byte[] packet, IPAddress prefix96) => Run(packet, Outcome.Translated, isChained: false, isToIp6: false, prefix96: prefix96);

    public static byte[] Strip(byte[] packet, Outcome expected = Outcome.Translated)
    {
        fixed (byte* start = packet)
        {
            var view = new TranslatablePacket { Start = start, AvailableBytes = (uint)packet.Length };
            Assert.Equal(expected, Ip6HeaderChain.Strip(&view));
            return new ReadOnlySpan<byte>(view.Start, (int)view.AvailableBytes).ToArray();
        }
    }

    private static byte[] Run(byte[] packet, Outcome expected, bool isChained, bool isToIp6, ushort id = 0, IPAddress? prefix96 = null)
    {
        byte[] room = new byte[Headroom + packet.Length + 1];
        room.AsSpan().Fill(Poison);
        packet.CopyTo(room, Headroom);
        fixed (byte* start = room)
        fixed (byte* network = (prefix96 ?? IPAddress.Parse("64:ff9b::")).GetAddressBytes())
        {
            Prefix64 prefix = Prefix64.Of(network, 96);
            var view = new TranslatablePacket
            {
                Start = start + Headroom,
                AvailableBytes = (uint)packet.Length,
                HeadroomBytes = Headroom,
                IsChained = isChained,
            };
            Assert.Equal(expected, isToIp6 ? Ip4ToIp6.Translate(&view, &prefix) : Ip6ToIp4.Translate(&view, &prefix, id));
            Assert.Equal(Poison, room[^1]);
            var at = (int)(view.Start - start);
            Assert.Equal((uint)at, view.HeadroomBytes);
            Assert.Equal(-1, room.AsSpan(0, Math.Min(at, Headroom)).IndexOfAnyExcept(Poison));
            byte[] result = room[at..(at + (int)view.AvailableBytes)];
            if (expected != Outcome.Translated) Assert.Equal(packet, result);
            return result;
        }
    }

    private static IPAddress Six(IPAddress address, bool isFar) => IPAddress.Parse(isFar ? $"64:ff9b::{address}" : $"::ffff:{address}");
}
