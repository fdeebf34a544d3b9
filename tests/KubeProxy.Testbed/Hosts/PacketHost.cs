using System.Diagnostics;
using System.Net.NetworkInformation;
using System.Text;
using System.Text.RegularExpressions;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Testbed.Hosts;

/// <summary>What both hosts have in common: a process of ours with a command socket, and packet interfaces fed from pcap files.</summary>
public abstract partial class PacketHost : IPacketHost
{
    private static readonly TimeSpan ExchangeLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ArrivalLimit = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, PcapFile> _captures = [];
    private readonly Dictionary<string, PhysicalAddress> _macs = [];
    private readonly RunDirectory _directory;
    private readonly StringBuilder _output = new();
    private Process? _process;
    private CliConnection? _cli;
    private int _streams;

    protected PacketHost(RunDirectory directory) => _directory = directory;

    public abstract string Name { get; }

    public abstract string CommandPrefix { get; }

    public string Version { get; private set; } = "";

    public int Pid => Running.Id;

    public virtual int WorkerCount => 0;

    public bool IsAlive => _process is { HasExited: false };

    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    protected string LogPath => _directory.File("host.log");

    protected string SocketPath => _directory.File("cli.sock");

    protected RunDirectory RunDirectory => _directory;

    private Process Running => _process ?? throw new TestbedException($"{Name} was not started");

    public string Cli(string line)
    {
        if (_cli is null)
            throw new TestbedException($"{Name} was not started");
        try
        {
            return _cli.Send(line);
        }
        catch (TestbedException exception)
        {
            bool hasEnded = Running.WaitForExit(TimeSpan.FromSeconds(2));
            throw new TestbedException($"{exception.Message}; {Name} {(hasEnded ? $"ended with {Running.ExitCode}" : "is alive")}.\n{LastWords()}", exception);
        }
    }

    public virtual void TypeAll(IReadOnlyCollection<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        foreach (string line in lines)
            Expect("", line);
    }

    /// <summary>
    /// VPP's packet generator looks the source of a stream up by its place in a pool, not by its number (vnet/pg/cli.c, new_stream),
    /// and reads beyond the pool when the two differ; so numbers are given without gaps.
    /// </summary>
    public string CreatePacketInterface(int number)
    {
        if (number != _captures.Count)
            throw new TestbedException($"the next packet interface is number {_captures.Count}, not {number}");
        string name = $"pg{number}";
        Expect("", $"create packet-generator interface {name}", name);
        PcapFile capture = new(_directory.NewFile("pcap"));
        TypeAll([$"set interface state {name} up", $"packet-generator capture {name} pcap {capture.Path} count 100000000"]);
        _captures.Add(name, capture);
        _macs.Remove(name);
        return name;
    }

    public void DeletePacketInterface(string name)
    {
        Expect("", $"delete packet-generator interface {name}");
        _captures.Remove(name);
        _macs.Remove(name);
    }

    public string CreateHostInterface(string linuxName)
    {
        string name = $"host-{linuxName}";
        Expect(name, $"create host-interface name {linuxName}", name);
        Expect("", $"set interface state {name} up");
        return name;
    }

    public PhysicalAddress MacOf(string hostInterface)
    {
        if (_macs.TryGetValue(hostInterface, out PhysicalAddress? known))
            return known;
        string text = Cli($"show hardware-interfaces {hostInterface}");
        Match match = EthernetAddress().Match(text);
        if (!match.Success)
            throw new TestbedException($"'show hardware-interfaces {hostInterface}' shows no Ethernet address:\n{text}");
        return _macs[hostInterface] = PhysicalAddress.Parse(match.Groups[1].Value.Replace(':', '-').ToUpperInvariant());
    }

    public Capture Exchange(params IReadOnlyList<Injection> injections)
    {
        ArgumentNullException.ThrowIfNull(injections);
        Send(injections);
        return new Capture(_captures.ToDictionary(capture => capture.Key, capture => WithoutNoise(capture.Value.ReadNew())));
    }

    public Capture ExchangeUntil(int count, Injection injection)
    {
        Send([injection]);
        Dictionary<string, IReadOnlyList<byte[]>> left = _captures.Keys.ToDictionary(name => name, _ => (IReadOnlyList<byte[]>)[]);
        Wait.Until(
            () =>
            {
                foreach ((string name, PcapFile capture) in _captures)
                    left[name] = [.. left[name], .. WithoutNoise(capture.ReadNew())];
                return left.Values.Sum(frames => frames.Count) >= count;
            },
            ArrivalLimit,
            () => $"{count} packets to leave {Name}, and {left.Values.Sum(frames => frames.Count)} did");
        return new Capture(left);
    }

    /// <summary>Asks the host to end and checks that it ended of its own will and without complaint.</summary>
    public void StopAndExpectCleanExit()
    {
        Signals.Terminate(Pid);
        if (!Running.WaitForExit(TimeSpan.FromSeconds(10)))
            throw new TestbedException($"{Name} did not end when asked.\n{LastWords()}");
        if (Running.ExitCode != 0)
            throw new TestbedException($"{Name} ended with {Running.ExitCode}.\n{LastWords()}");
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Leftovers.Remove(this);
        _cli?.Dispose();
        if (_process is not null)
            Stop(_process);
        _process = null;
        _directory.Dispose();
    }

    /// <summary>Starts the program and waits until it answers <c>show version</c>.</summary>
    protected void Launch(string program, IReadOnlyList<string> arguments, bool telnet)
    {
        _relaunch = () => Launch(program, arguments, telnet);
        _process = Tool.Start(program, arguments);
        Leftovers.Add(this);
        _process.StandardInput.Close();
        Drain(_process.StandardOutput);
        Drain(_process.StandardError);
        Wait.Until(
            () => _process.HasExited || TryConnect(telnet), TimeSpan.FromSeconds(60), () => $"{Name} to answer.\n{LastWords()}");
        if (_cli is null)
            throw new TestbedException($"{Name} ended with {_process.ExitCode}.\n{LastWords()}");
        Version = Cli("show version");
    }

    /// <summary>Types a line that must print exactly this (or, with <paramref name="or"/>, that).</summary>
    protected void Expect(string text, string line, string? or = null)
    {
        string printed = Cli(line);
        if (printed != text && printed != or)
            throw new TestbedException($"{Name} answered to '{line}': {printed}");
    }

    /// <summary>Sends everything; what left before is forgotten.</summary>
    private void Send(IReadOnlyList<Injection> injections)
    {
        foreach (PcapFile capture in _captures.Values)
            capture.ReadNew();
        List<(string Name, string File)> streams = [];
        List<string> lines = [];
        foreach (Injection injection in injections.Where(injection => injection.Frames.Count > 0))
        {
            (string name, string file) = ($"s{++_streams}", _directory.NewFile("pcap"));
            PcapFile.Write(file, injection.Frames);
            lines.Add(NewStream(injection, name, file));
            streams.Add((name, file));
        }

        TypeAll([.. lines, .. streams.Select(stream => $"packet-generator enable-stream {stream.Name}")]);
        WaitForTheEndOf([.. streams.Select(stream => stream.Name)]);
        TypeAll([.. streams.Select(stream => $"packet-generator delete {stream.Name}")]);
        streams.ForEach(stream => File.Delete(stream.File));
    }

    private void Drain(StreamReader reader) => _ = Task.Run(async () =>
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_output)
                _output.AppendLine(line);
        }
    });

    private bool TryConnect(bool telnet)
    {
        try
        {
            if (!File.Exists(SocketPath))
                return false;
            _cli = new CliConnection(SocketPath, telnet, ExchangeLimit);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static string NewStream(Injection injection, string name, string file)
    {
        string frame = injection.MaxFrame == 256 ? "" : $" maxframe {injection.MaxFrame}";
        string worker = injection.Worker == 0 ? "" : $" worker {injection.Worker}";
        string words = injection.Words.Length == 0 ? "" : $" {injection.Words}";
        return $"packet-generator new {{ name {name} pcap {file} source {injection.Interface} limit {injection.Frames.Count}{worker}{frame}{words} }}";
    }

    /// <summary>
    /// A stream switches itself off when its thread comes back to it after the last packet: whatever the packets had to go
    /// through on that thread has happened by then.
    /// </summary>
    private void WaitForTheEndOf(IReadOnlyCollection<string> streams)
    {
        string table = "";
        Wait.Until(
            () =>
            {
                table = Cli("show packet-generator");
                string[][] rows = [.. table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
                return streams.All(stream => rows.Any(row => row is [var name, "No", ..] && name == stream));
            },
            ExchangeLimit,
            () => $"all streams of {Name} to end:\n{table}");
    }

    private static IReadOnlyList<byte[]> WithoutNoise(IReadOnlyList<byte[]> frames) => [.. frames.Where(frame => !Noise.Is(frame))];

    private static void Stop(Process process)
    {
        if (!process.HasExited)
        {
            Signals.Terminate(process.Id);
            if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
                process.Kill();
        }

        process.WaitForExit();
        process.Dispose();
    }

    private string LastWords()
    {
        lock (_output)
            return $"Its log ends:\n{Tail(Log, 20)}\nIt wrote:\n{Tail(_output.ToString(), 60)}";
    }

    private static string Tail(string text, int lines) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(lines));

    [GeneratedRegex("Ethernet address ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})")]
    private static partial Regex EthernetAddress();
}
