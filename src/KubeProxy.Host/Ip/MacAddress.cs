using System.Globalization;
using System.Security.Cryptography;

namespace KubeProxy.Host.Ip;

/// <summary>Six bytes of Ethernet address, the first on the wire being the most significant.</summary>
internal readonly record struct MacAddress(ulong Value)
{
    internal const int Length = 6;

    internal static readonly MacAddress Broadcast = new(0xffff_ffff_ffffUL);

    internal bool IsMulticast => (Value >> 40 & 1) != 0;

    /// <summary>02:fe and four random bytes, as VPP generates them.</summary>
    internal static MacAddress Generate()
    {
        Span<byte> random = stackalloc byte[4];
        RandomNumberGenerator.Fill(random);
        return new MacAddress(0x02fe_0000_0000UL | BitConverter.ToUInt32(random));
    }

    /// <summary>33:33 and the last four bytes of the group (RFC 2464 section 7).</summary>
    internal static MacAddress ForIp6Group(IpAddr group) => new(0x3333_0000_0000UL | (uint)group.Value);

    internal static MacAddress Read(ReadOnlySpan<byte> wire)
    {
        ulong value = 0;
        for (int i = 0; i < Length; i++)
            value = (value << 8) | wire[i];
        return new MacAddress(value);
    }

    internal void Write(Span<byte> wire)
    {
        for (int i = 0; i < Length; i++)
            wire[i] = (byte)(Value >> (40 - (8 * i)));
    }

    internal static bool TryParse(string text, out MacAddress mac)
    {
        mac = default;
        string[] parts = text.Split(':');
        if (parts.Length != Length)
            return false;
        ulong value = 0;
        foreach (string part in parts)
        {
            if (part.Length is 0 or > 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
                return false;
            value = (value << 8) | b;
        }
        mac = new MacAddress(value);
        return true;
    }

    public override string ToString()
    {
        ulong value = Value;
        return string.Join(':', Enumerable.Range(0, Length).Select(i => $"{(byte)(value >> (40 - (8 * i))):x2}"));
    }
}
