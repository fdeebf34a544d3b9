using System.Text;
using KubeProxy.Host.Devices;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Cli;

internal static class PgCommands
{
    internal static void Register(CommandTree tree)
    {
        HostCommands.Add(tree, "packet-generator new", "packet-generator new { name <s> pcap <file> source pg<n> [limit <n>] [maxframe <n>] }", New);
        HostCommands.Add(tree, "packet-generator enable-stream", "packet-generator enable-stream [<name>]", (a, _) => Enable(a, true));
        HostCommands.Add(tree, "packet-generator disable-stream", "packet-generator disable-stream [<name>]", (a, _) => Enable(a, false));
        HostCommands.Add(tree, "packet-generator delete", "packet-generator delete <name>", Delete);
        HostCommands.Add(tree, "packet-generator capture", "packet-generator capture <interface> pcap <file> [count <n>] | disable", Capture);
        HostCommands.Add(tree, "show packet-generator", "show packet-generator", Show);
    }

    private static void New(CliArguments arguments, StringBuilder output)
    {
        PgStreamOptions options = PgStreamOptions.Parse(arguments);
        Interface source = Interfaces.Find(options.Source) ?? throw new CliException($"unknown input `source {options.Source}'");
        List<byte[]> packets = Read(options.File);
        ulong limit = options.Limit == 0 ? (ulong)packets.Count : options.Limit;
        if (!PgStreams.TryAdd(new PgStream(options.Name, source, packets, limit, options.MaxFrame)))
            throw new CliException($"stream {options.Name} exists already");
    }

    private static List<byte[]> Read(string file)
    {
        try
        {
            return PcapReader.Read(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new CliException($"{file}: {e.Message}", e);
        }
    }

    private static void Enable(CliArguments arguments, bool isEnabled)
    {
        if (arguments.IsEnd)
        {
            foreach (PgStream stream in PgStreams.All)
                stream.Enable(isEnabled);
            return;
        }
        string name = arguments.Word("a stream name");
        (PgStreams.Find(name) ?? throw arguments.Back().Unknown()).Enable(isEnabled);
    }

    private static void Delete(CliArguments arguments, StringBuilder output)
    {
        string name = arguments.Word("a stream name");
        if (!PgStreams.TryRemove(name))
            throw new CliException($"expected stream name `{name}'");
    }

    private static void Capture(CliArguments arguments, StringBuilder output)
    {
        if (arguments.IsEnd)
            throw new CliException("Please specify interface name");
        Interface itf = HostCommands.Interface(arguments);
        string? file = null;
        uint count = uint.MaxValue;
        bool isDisable = false;
        while (!arguments.IsEnd)
        {
            if (arguments.TryWord("pcap"))
                file = arguments.Word("a file");
            else if (arguments.TryWord("count"))
                count = arguments.Number("a number of packets");
            else if (arguments.TryWord("disable"))
                isDisable = true;
            else
                throw arguments.Unknown();
        }
        if (itf.Transmitter is not PgInterface pg)
            throw new CliException("Please specify packet-generator interface");
        if (isDisable)
            pg.StopCapture();
        else
            Start(pg, file ?? throw new CliException("Please specify pcap file name"), count);
    }

    private static void Start(PgInterface pg, string file, uint count)
    {
        if (File.Exists(file))
            throw new CliException($"pcap file '{file}' already exists.");
        try
        {
            pg.StartCapture(file, count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file}: {e.Message}", e);
        }
    }

    private static void Show(CliArguments arguments, StringBuilder output)
    {
        arguments.ExpectEnd();
        output.Append($"{"Name",-16}{"Enabled",12}{"Count",16} Parameters\n");
        foreach (PgStream stream in PgStreams.All)
            output.Append($"{stream.Name,-16}{(stream.IsEnabled ? "Yes" : "No"),12}{stream.Sent,16} limit {stream.Limit}, source {stream.Source.Name}\n");
    }
}
