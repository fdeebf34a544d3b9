using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>What translating ICMP errors needs to know of an IP family. Each answer proves the bounds of what the next one reads.</summary>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public unsafe interface IIcmpFamily<TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Type of an echo request.</summary>
    static abstract byte EchoRequestType { get; }

    /// <summary>The ICMP message of a packet; false when it has none, or not a whole header in the first piece, or is a fragment.</summary>
    static abstract bool TryReadIcmp(byte* packet, uint available, IcmpMessage* message);

    /// <summary>Whether a type is an error that tells a sender about its packet.</summary>
    static abstract bool IsError(byte type);

    /// <summary>Sum of the pseudo header that the ICMP checksum covers; 0 when there is none.</summary>
    static abstract ulong IcmpPseudoSum(byte* packet, uint lengthBytes);

    /// <summary>
    /// The packet that an error quotes: <see cref="Outcome.Translated"/>, or <see cref="Outcome.IcmpQuote"/> or
    /// <see cref="Outcome.IcmpDamaged"/>. Afterwards its IP header and 8 bytes of its transport header may be read and written.
    /// </summary>
    static abstract Outcome ReadQuote(IcmpMessage* message, IcmpQuote* quote);

    /// <summary>Whether the error is sent to the host that the quoted packet comes from.</summary>
    static abstract bool IsToSender(byte* packet, IcmpQuote* quote);

    /// <summary>The five-tuple of an answer to the quoted packet.</summary>
    static abstract TFlow AnswerTo(IcmpQuote* quote);

    /// <summary>
    /// Makes the quoted packet one of this five-tuple, checksums included; answers what the change adds to a sum over the quote.
    /// </summary>
    static abstract ulong SetQuote(IcmpQuote* quote, TFlow* flow);

    /// <summary>Makes an address the packet's source; answers what the change adds to a sum over the pseudo header.</summary>
    static abstract ulong SetIcmpSource(byte* packet, byte* address);

    /// <summary>Makes an address the packet's destination; answers what the change adds to a sum over the pseudo header.</summary>
    static abstract ulong SetIcmpDestination(byte* packet, byte* address);

    /// <summary>The packet's source address.</summary>
    static abstract byte* SourceOf(byte* packet);
}
