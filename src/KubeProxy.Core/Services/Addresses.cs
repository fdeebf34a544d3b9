using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>Addresses and prefixes as numbers: an IPv4 address is the low 32 bits.</summary>
internal static class Addresses
{
    /// <summary>Bits of an address.</summary>
    public static int BitCount(AddressFamily family) => family == AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>"IPv4" or "IPv6".</summary>
    public static string FamilyName(AddressFamily family) => family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";

    /// <summary>The word in commands of a VIP of a family, whose pods are of the same or, translated, of the other one.</summary>
    public static string NatWord(AddressFamily family, bool isTranslated) => (family, isTranslated) switch
    {
        (AddressFamily.InterNetwork, false) => "nat4",
        (AddressFamily.InterNetwork, true) => "nat46",
        (_, false) => "nat6",
        (_, true) => "nat64",
    };

    /// <summary>IPv6 for IPv4, and IPv4 for IPv6.</summary>
    public static AddressFamily OtherFamily(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>The address as a number.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        int length = BitCount(address.AddressFamily) / 8;
        address.TryWriteBytes(bytes[(16 - length)..], out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The address of a number.</summary>
    public static IPAddress FromNumber(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(bytes[(16 - (BitCount(family) / 8))..]);
    }

    /// <summary>The prefix of the given length that holds the address: host bits are cleared.</summary>
    public static IPNetwork PrefixOf(IPAddress address, int length)
    {
        int hostBitCount = BitCount(address.AddressFamily) - length;
        UInt128 hostMask = HostMask(hostBitCount);
        return new IPNetwork(FromNumber(ToNumber(address) & ~hostMask, address.AddressFamily), length);
    }

    /// <summary>The prefix's first address.</summary>
    public static UInt128 First(IPNetwork prefix) => ToNumber(prefix.BaseAddress);

    /// <summary>The prefix's last address.</summary>
    public static UInt128 Last(IPNetwork prefix) =>
        First(prefix) | HostMask(BitCount(prefix.BaseAddress.AddressFamily) - prefix.PrefixLength);

    /// <summary>True when the prefixes share an address.</summary>
    public static bool Overlap(IPNetwork left, IPNetwork right) =>
        left.BaseAddress.AddressFamily == right.BaseAddress.AddressFamily
        && First(left) <= Last(right) && First(right) <= Last(left);

    /// <summary>So many ones, the lowest bits.</summary>
    public static UInt128 HostMask(int hostBitCount) =>
        hostBitCount == 128 ? UInt128.MaxValue : (UInt128.One << hostBitCount) - 1;
}
