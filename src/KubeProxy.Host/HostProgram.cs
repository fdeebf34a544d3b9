using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Host.Cli;
using KubeProxy.Host.Control;
using KubeProxy.Host.Devices;
using KubeProxy.Host.Dpo;
using KubeProxy.Host.Fib;
using KubeProxy.Host.Nodes;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host;

/// <summary>Builds the host, loads the plugin, and turns the main loop: packets while there are any, else wait for input.</summary>
internal sealed unsafe class HostProgram : IDisposable
{
    private const int IdleMilliseconds = 10;

    private readonly HostOptions _options;
    private readonly ControlServer _control;
    private readonly List<PosixSignalRegistration> _signals = [];
    private volatile bool _stop;

    internal HostProgram(HostOptions options)
    {
        _options = options;
        Build();
        PluginLoader.Load(options.Plugin);
        HostCommands.Register(CliExports.Tree);
        _control = new ControlServer(options.Socket, CliExports.Tree);
        if (options.PidFile is { } file)
            File.WriteAllText(file, $"{Environment.ProcessId}\n");
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop = true;
    }

    private static void Build()
    {
        MainThread.Initialize();
        BufferPool.Initialize(BufferPool.DefaultCount);
        Graph.Initialize();
        Errors.Initialize();
        Timers.Initialize();
        FeatureArcs.Initialize();
        EnqueueFunctions.Install();
        ErrorDrop.Register();
        EthernetInput.Register();
        ArpInput.Register();
        RegisterFamily<Ip4Family>();
        RegisterFamily<Ip6Family>();
        LoadBalances.Initialize();
        Adjacencies.Initialize();
        FibTable.Initialize();
        Interfaces.Initialize();
        PgStreams.Initialize();
        HostInterfaces.Initialize();
    }

    private static void RegisterFamily<T>()
        where T : struct, IIpFamily
    {
        IpInput<T>.Register();
        IpLookup<T>.Register();
        IpRewrite<T>.Register();
        IpUnresolved<T>.Register();
        IpReceive<T>.Register();
    }

    internal void Run()
    {
        HostLog.Notice($"embedded host for VPP {PluginLoader.VppVersion} plugins, for trying and testing: one thread, longest-prefix lookup, "
            + "local delivery, one route per interface. It is not a router and not VPP.");
        HostLog.Notice($"plugin {PluginLoader.Loaded!.Path}, commands on {_options.Socket}");
        while (!_stop)
        {
            MainThread.BeginLoop();
            Timers.Run();
            PgStreams.Poll();
            Dispatcher.Run();
            Wait(PgStreams.AnyEnabled ? 0 : IdleMilliseconds);
        }
        HostLog.Notice("stopped");
    }

    private void Wait(int milliseconds)
    {
        int[] files = [.. HostInterfaces.All.Select(h => h.Socket), .. _control.Files];
        LibC.PollFd* polled = stackalloc LibC.PollFd[files.Length];
        for (int i = 0; i < files.Length; i++)
            polled[i] = new LibC.PollFd { Fd = files[i], Events = LibC.PollIn };
        if (LibC.Poll(polled, (nuint)files.Length, milliseconds) <= 0)
            return;
        int devices = HostInterfaces.All.Count;
        for (int i = 0; i < files.Length; i++)
        {
            if (polled[i].Revents == 0)
                continue;
            if (i < devices)
                HostInterfaces.Poll(HostInterfaces.All[i]);
            else
                _control.Ready(files[i]);
        }
    }

    public void Dispose()
    {
        _control.Dispose();
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        if (_options.PidFile is { } file)
            File.Delete(file);
    }
}
