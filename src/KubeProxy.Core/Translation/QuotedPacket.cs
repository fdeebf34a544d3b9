namespace KubeProxy.Core.Translation;

/// <summary>
/// What an ICMP error carries (RFC 4884 section 3): the beginning of the packet that it is about, and perhaps an extension.
/// <code>
///   | ICMP (8) | IP header | L4 bytes ... | padding | extension ...  |
///              └ start     └ L4                     └ where the length field says, counted in words of 4 (ICMP) or 8 bytes (ICMPv6)
/// </code>
/// </summary>
public unsafe struct QuotedPacket
{
    /// <summary>The quoted IP header.</summary>
    public byte* Start;

    /// <summary>What lies behind the quoted packet's IP headers.</summary>
    public byte* L4;

    /// <summary>Bytes of it that are quoted.</summary>
    public uint L4Bytes;

    /// <summary>Zeros that the translated quote gets behind itself, for an extension to begin where it may.</summary>
    public uint PaddingBytes;

    /// <summary>Bytes behind the quoted packet.</summary>
    public uint ExtensionBytes;
}
