using System.Diagnostics;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Network;

namespace KubeProxy.Demo;

/// <summary>A station of the demonstration: the client, or a pod with its servers.</summary>
internal sealed class Site(string name, string network4, string network6) : IDisposable
{
    private Process? _process;

    public Station Station { get; } = new(name, network4, network6);

    public string Address4 => Station.Address4;

    public string Address6 => Station.Address6;

    public string HostInterface => Station.HostInterface;

    /// <summary>Connects this site to the host.</summary>
    public void Attach(Typist typist)
    {
        foreach ((string line, string answer) in Station.AttachLines())
            typist.Type(line, answer);
        Station.Greet();
    }

    /// <summary>Starts this very program inside, as another subcommand.</summary>
    public Process Start(params IReadOnlyList<string> arguments)
    {
        string program = Environment.ProcessPath ?? throw new TestbedException("this program does not know its own path");
        bool isDotnet = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] self = isDotnet ? [program, Path.Combine(AppContext.BaseDirectory, "KubeProxy.Demo.dll")] : [program];
        return Station.Space.Start(self[0], [.. self[1..], .. arguments]);
    }

    /// <summary>Starts the pod in here and waits until it serves.</summary>
    public void StartPod()
    {
        _process = Start("pod", "--name", Station.Name);
        string? line = _process.StandardOutput.ReadLine();
        if (line != PodServer.Ready)
            throw new TestbedException($"{Station.Name} did not start: {line}{_process.StandardError.ReadToEnd()}");
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
            _process.Kill();
        _process?.Dispose();
        Station.Dispose();
    }
}
