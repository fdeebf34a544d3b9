namespace KubeProxy.Oracle;

/// <summary>What IPv4 options say about a packet's way.</summary>
internal enum Ip4Route
{
    None,
    Open,
    Unreadable,
}

/// <summary>IPv4 options (RFC 791, section 3.1), of which a translator only asks for a source route that is not at its end (RFC 7915, section 4.1).</summary>
internal static class Ip4Options
{
    private const int LooseRoute = 131;
    private const int StrictRoute = 137;

    public static Ip4Route Read(PlainPacket packet)
    {
        byte[] bytes = packet.Bytes;
        for (int at = 20; at < packet.L4 && bytes[at] != 0;)
        {
            if (bytes[at] == 1)
            {
                at++;
                continue;
            }

            int length = at + 1 < packet.L4 ? bytes[at + 1] : 0;
            if (length < 2 || at + length > packet.L4) return Ip4Route.Unreadable;
            if (bytes[at] is LooseRoute or StrictRoute)
            {
                if (length < 3) return Ip4Route.Unreadable;
                if (bytes[at + 2] <= length) return Ip4Route.Open;
            }

            at += length;
        }

        return Ip4Route.None;
    }
}
