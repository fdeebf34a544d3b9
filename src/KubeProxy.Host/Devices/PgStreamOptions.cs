using KubeProxy.Host.Cli;
using KubeProxy.Host.Vlib;

namespace KubeProxy.Host.Devices;

/// <summary>The words of <c>packet-generator new</c>.</summary>
internal sealed record PgStreamOptions(string Name, string File, string Source, uint Limit, int MaxFrame)
{
    /// <exception cref="CliException">A word makes no sense, or one is missing.</exception>
    internal static PgStreamOptions Parse(CliArguments arguments)
    {
        string? name = null;
        string? file = null;
        string? source = null;
        uint limit = 0;
        uint maxFrame = Dispatcher.FrameSize;
        while (!arguments.IsEnd)
        {
            if (arguments.TryWord("name"))
                name = arguments.Word("a name");
            else if (arguments.TryWord("pcap"))
                file = arguments.Word("a file");
            else if (arguments.TryWord("source") || arguments.TryWord("interface"))
                source = arguments.Word("an interface");
            else if (arguments.TryWord("limit"))
                limit = arguments.Number("a number of packets");
            else if (arguments.TryWord("maxframe"))
                maxFrame = arguments.Number("a number of packets");
            else if (arguments.TryWord("worker"))
                arguments.Number("a worker");
            else
                throw arguments.Unknown();
        }
        if (file is null)
            throw new CliException("no packet data given (the embedded host plays pcap files)");
        if (name is null || source is null)
            throw new CliException("a stream needs a name and a source interface");
        return new PgStreamOptions(name, file, source, limit, (int)Math.Clamp(maxFrame, 1, Dispatcher.FrameSize));
    }
}
