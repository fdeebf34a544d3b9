using System.Net;

namespace KubeProxy.Oracle;

/// <summary>IPv4 addresses inside an IPv6 prefix (RFC 6052, section 2.2): they begin where the prefix ends and leave out bits 64 to 71.</summary>
public static class Rfc6052
{
    private const int LeftOut = 8;

    public static IPNetwork WellKnown { get; } = IPNetwork.Parse("64:ff9b::/96");

    public static IPAddress Embed(IPNetwork prefix, IPAddress ip4)
    {
        byte[] bytes = prefix.BaseAddress.GetAddressBytes();
        int at = prefix.PrefixLength / 8;
        foreach (byte value in ip4.GetAddressBytes())
        {
            if (at == LeftOut) at++;
            bytes[at++] = value;
        }

        return new IPAddress(bytes);
    }
}
