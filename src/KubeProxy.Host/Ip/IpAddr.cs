using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Host.Ip;

/// <summary>An IPv4 or IPv6 address as a host-order number: IPv4 in the low 32 bits.</summary>
internal readonly record struct IpAddr(bool IsIp6, UInt128 Value)
{
    internal const int Ip4Bits = 32;
    internal const int Ip6Bits = 128;

    internal int Bits => IsIp6 ? Ip6Bits : Ip4Bits;

    internal int Bytes => Bits / 8;

    internal bool IsZero => Value == UInt128.Zero;

    internal bool IsMulticast => IsIp6 ? (byte)(Value >> 120) == 0xff : (uint)Value >> 28 == 0xe;

    internal bool IsLinkLocal => IsIp6 && (uint)(Value >> 118) == 0x3fa;

    internal static IpAddr FromWire4(ReadOnlySpan<byte> wire) => new(false, BinaryPrimitives.ReadUInt32BigEndian(wire));

    internal static IpAddr FromWire6(ReadOnlySpan<byte> wire) => new(true, BinaryPrimitives.ReadUInt128BigEndian(wire));

    internal static unsafe IpAddr FromWire(bool isIp6, byte* wire) =>
        isIp6 ? FromWire6(new ReadOnlySpan<byte>(wire, 16)) : FromWire4(new ReadOnlySpan<byte>(wire, 4));

    internal void WriteWire(Span<byte> wire)
    {
        if (IsIp6)
            BinaryPrimitives.WriteUInt128BigEndian(wire, Value);
        else
            BinaryPrimitives.WriteUInt32BigEndian(wire, (uint)Value);
    }

    internal IpAddr Masked(int length)
    {
        UInt128 mask = length == 0 ? UInt128.Zero : UInt128.MaxValue << (Bits - length);
        return new IpAddr(IsIp6, Value & mask & (IsIp6 ? UInt128.MaxValue : uint.MaxValue));
    }

    /// <summary>ff02::1:ffXX:XXXX of RFC 4291 section 2.7.1.</summary>
    internal IpAddr SolicitedNode() => new(true, (((UInt128)0xff02 << 112) | ((UInt128)0x1ff << 24)) | (Value & 0xffffff));

    internal static bool TryParse(string text, out IpAddr address)
    {
        address = default;
        if (!IPAddress.TryParse(text, out IPAddress? parsed) || text.Contains('%', StringComparison.Ordinal))
            return false;
        Span<byte> wire = stackalloc byte[16];
        parsed.TryWriteBytes(wire, out _);
        if (parsed.AddressFamily == AddressFamily.InterNetworkV6)
            address = FromWire6(wire);
        else if (text.Split('.').Length == 4)
            address = FromWire4(wire);
        else
            return false;
        return true;
    }

    public override string ToString()
    {
        Span<byte> wire = stackalloc byte[Bytes];
        WriteWire(wire);
        return new IPAddress(wire).ToString();
    }
}

/// <summary>An address with a mask length; <see cref="Address"/> keeps its host bits, <see cref="Network"/> has none.</summary>
internal readonly record struct IpPrefix(IpAddr Address, int Length)
{
    internal bool IsIp6 => Address.IsIp6;

    internal bool IsHost => Length == Address.Bits;

    internal IpPrefix Network => new(Address.Masked(Length), Length);

    internal static IpPrefix Host(IpAddr address) => new(address, address.Bits);

    internal bool Covers(IpAddr address) => address.IsIp6 == IsIp6 && address.Masked(Length) == Address.Masked(Length);

    internal static bool TryParse([NotNullWhen(true)] string? text, out IpPrefix prefix)
    {
        prefix = default;
        if (text is null)
            return false;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IpAddr.TryParse(slash < 0 ? text : text[..slash], out IpAddr address))
            return false;
        int length = address.Bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), out length) || length < 0 || length > address.Bits))
            return false;
        prefix = new IpPrefix(address, length);
        return true;
    }

    public override string ToString() => $"{Address}/{Length}";
}
