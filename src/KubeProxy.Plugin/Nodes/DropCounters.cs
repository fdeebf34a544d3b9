using System.Runtime.InteropServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// The forward nodes' error counters: one for each <see cref="Outcome"/>, in its order, then one for each
/// <see cref="Rejection"/>, then one for buffers that an answer does not need.
/// </summary>
internal static unsafe class DropCounters
{
    /// <summary>Name in the stats segment (/err/node/name) and text in <c>show errors</c>.</summary>
    internal readonly record struct Description(uint Place, string Name, string Text, bool IsError = true);

    /// <summary>Place of the counter of dropped rests of chains.</summary>
    public const uint PlaceOfRest = FirstRejection + (uint)Rejection.NotAnswerable;

    /// <summary><see cref="Outcome.Loop"/> is the last outcome.</summary>
    private const uint FirstRejection = (uint)Outcome.Loop + 1;

    /// <summary>No counters.</summary>
    public static ReadOnlySpan<Description> None => [];

    /// <summary>All counters by place.</summary>
    public static ReadOnlySpan<Description> All => Descriptions;

    private static readonly Description[] Descriptions =
    [
        Of(Outcome.Translated, "translated", "translated") with { IsError = false },
        Of(Outcome.NoPod, "no_pod", "no pod"),
        Of(Outcome.UnknownPort, "unknown_port", "unknown port"),
        Of(Outcome.ProtocolNotSupported, "protocol_not_supported", "protocol not supported"),
        Of(Outcome.IcmpNotSupported, "icmp_not_supported", "icmp not supported"),
        Of(Outcome.Fragment, "fragment", "fragment"),
        Of(Outcome.Truncated, "truncated", "truncated packet"),
        Of(Outcome.ExtensionHeader, "extension_header", "extension header"),
        Of(Outcome.ZeroUdpChecksum, "zero_udp_checksum", "zero udp checksum"),
        Of(Outcome.NoVip, "no_vip", "vip removed"),
        Of(Outcome.ReturnClash, "return_clash", "return path clash"),
        Of(Outcome.NoSourcePort, "no_source_port", "no source port"),
        Of(Outcome.IcmpNoSession, "icmp_no_session", "icmp error without a session"),
        Of(Outcome.IcmpQuote, "icmp_quote", "icmp error not translatable"),
        Of(Outcome.IcmpDamaged, "icmp_damaged", "icmp error damaged"),
        Of(Outcome.EchoRequest, "echo_request", "echo request") with { IsError = false },
        Of(Outcome.EchoNoPod, "echo_no_pod", "echo without a pod"),
        Of(Outcome.NoHopLeft, "no_hop_left", "no hop left"),
        Of(Outcome.TooLong, "too_long", "too long for the way"),
        Of(Outcome.BadSource, "bad_source", "source is no single host"),
        Of(Outcome.NotTranslatable, "not_translatable", "not translatable to the pod's family"),
        Of(Outcome.ToBeFragmented, "to_be_fragmented", "to be fragmented") with { IsError = false },
        Of(Outcome.HiddenHeader, "hidden_header", "header behind a fragment header"),
        Of(Outcome.OpenRoute, "open_route", "source route not at its end"),
        Of(Outcome.NoUdpChecksum, "no_udp_checksum", "udp without a checksum"),
        Of(Outcome.Loop, "loop", "loop"),
        Of(Rejection.Reset, "reject_rst", "reject: rst") with { IsError = false },
        Of(Rejection.PortUnreachable, "reject_port_unreachable", "reject: port unreachable") with { IsError = false },
        Of(Rejection.EchoReply, "echo_answered", "echo answered") with { IsError = false },
        Of(Rejection.TimeExceeded, "reject_time_exceeded", "reject: time exceeded") with { IsError = false },
        Of(Rejection.TooBig, "reject_too_big", "reject: packet too big") with { IsError = false },
        Of(Rejection.Prohibited, "reject_prohibited", "reject: prohibited") with { IsError = false },
        Of(Rejection.SourceRouteFailed, "reject_source_route_failed", "reject: source route failed") with { IsError = false },
        Of(Rejection.OverLimit, "reject_over_limit", "reject: over the limit"),
        Of(Rejection.NotAnswerable, "reject_not_answerable", "reject: not answerable"),
        new(PlaceOfRest, "reject_rest_of_chain", "reject: rest of a long packet", IsError: false),
    ];

    /// <summary>Place of a refusal's counter; there is none for <see cref="Rejection.None"/>.</summary>
    public static uint PlaceOf(Rejection rejection) => FirstRejection + (uint)rejection - 1;

    /// <summary>The descriptions as VPP keeps them, for ever.</summary>
    public static vlib_error_desc_t* Native(ReadOnlySpan<Description> counters)
    {
        if (counters.IsEmpty) return null;
        vlib_error_desc_t* native = (vlib_error_desc_t*)NativeMemory.AllocZeroed((nuint)counters.Length, (nuint)sizeof(vlib_error_desc_t));
        for (int i = 0; i < counters.Length; i++)
        {
            if (counters[i].Place != i) throw new InvalidOperationException($"counter {counters[i].Name} is out of order");
            native[i].name = NativeText.Forever(counters[i].Name);
            native[i].desc = NativeText.Forever(counters[i].Text);
            native[i].severity = counters[i].IsError ? vl_counter_severity_e.VL_COUNTER_SEVERITY_ERROR : vl_counter_severity_e.VL_COUNTER_SEVERITY_INFO;
        }

        return native;
    }

    private static Description Of(Outcome outcome, string name, string text) => new((uint)outcome, name, text);

    private static Description Of(Rejection rejection, string name, string text) => new(PlaceOf(rejection), name, text);
}
