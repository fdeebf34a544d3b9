using System.Runtime.InteropServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Nodes;

/// <summary>The forward nodes' error counters: one for each <see cref="Outcome"/>, in its order.</summary>
internal static unsafe class DropCounters
{
    /// <summary>Name in the stats segment (/err/node/name) and text in <c>show errors</c>.</summary>
    internal readonly record struct Description(Outcome Outcome, string Name, string Text);

    /// <summary>No counters.</summary>
    public static ReadOnlySpan<Description> None => [];

    /// <summary>All drops, indexed by outcome.</summary>
    public static ReadOnlySpan<Description> All => Descriptions;

    private static readonly Description[] Descriptions =
    [
        new(Outcome.Translated, "translated", "translated"),
        new(Outcome.NoPod, "no_pod", "no pod"),
        new(Outcome.UnknownPort, "unknown_port", "unknown port"),
        new(Outcome.ProtocolNotSupported, "protocol_not_supported", "protocol not supported"),
        new(Outcome.IcmpNotSupported, "icmp_not_supported", "icmp not supported"),
        new(Outcome.Fragment, "fragment", "fragment"),
        new(Outcome.Truncated, "truncated", "truncated packet"),
        new(Outcome.ExtensionHeader, "extension_header", "extension header"),
        new(Outcome.ZeroUdpChecksum, "zero_udp_checksum", "zero udp checksum"),
        new(Outcome.NoVip, "no_vip", "vip removed"),
        new(Outcome.ReturnClash, "return_clash", "return path clash"),
    ];

    /// <summary>The descriptions as VPP keeps them, for ever.</summary>
    public static vlib_error_desc_t* Native(ReadOnlySpan<Description> counters)
    {
        if (counters.IsEmpty) return null;
        vlib_error_desc_t* native = (vlib_error_desc_t*)NativeMemory.AllocZeroed((nuint)counters.Length, (nuint)sizeof(vlib_error_desc_t));
        for (int i = 0; i < counters.Length; i++)
        {
            if ((int)counters[i].Outcome != i) throw new InvalidOperationException($"drop counter {counters[i].Name} is out of order");
            native[i].name = NativeText.Forever(counters[i].Name);
            native[i].desc = NativeText.Forever(counters[i].Text);
            native[i].severity = i == 0 ? vl_counter_severity_e.VL_COUNTER_SEVERITY_INFO : vl_counter_severity_e.VL_COUNTER_SEVERITY_ERROR;
        }

        return native;
    }
}
