using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Nodes;

/// <summary>What a node records of a packet in <c>show trace</c>.</summary>
internal interface ITrace
{
    /// <summary>The record as text, headed by the name of the node that made it.</summary>
    string Describe(string nodeName);
}

/// <summary>The format_trace callbacks of all nodes.</summary>
internal static unsafe class TraceText
{
    /// <summary>format_trace callback's body: va_list holds vm, node and the trace.</summary>
    public static byte* Format<TTrace>(byte* s, VaList* arguments, string nodeName)
        where TTrace : unmanaged, ITrace
    {
        _ = arguments->NextPointer();
        _ = arguments->NextPointer();
        TTrace* trace = (TTrace*)arguments->NextPointer();
        try
        {
            fixed (byte* format = "%s"u8, text = NativeText.Terminated(trace->Describe(nodeName))) return Clib.format(s, format, text);
        }
        catch (Exception)
        {
            return s;
        }
    }
}
