using System.Net.NetworkInformation;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Testbed.Hosts;

/// <summary>Packets that enter on one interface, on the thread of one worker, in frames of at most so many.</summary>
public sealed record Injection(string Interface, IReadOnlyList<byte[]> Frames, int Worker = 0, int MaxFrame = 256)
{
    /// <summary>More words of VPP's <c>packet-generator new</c>.</summary>
    public string Words { get; init; } = "";
}

/// <summary>A running packet forwarder with the plugin in it: VPP, or the embedded host. Both understand the same lines.</summary>
public interface IPacketHost : IDisposable
{
    /// <summary>Fit for a sentence: "VPP 26.06 with 2 workers".</summary>
    string Name { get; }

    string Version { get; }

    int Pid { get; }

    int WorkerCount { get; }

    bool IsAlive { get; }

    /// <summary>What a person types to talk to this host.</summary>
    string CommandPrefix { get; }

    /// <summary>What the host wrote to its log so far.</summary>
    string Log { get; }

    /// <summary>Types one line and returns what it printed, without trailing white space.</summary>
    string Cli(string line);

    /// <summary>Types many lines, none of which may print anything; quicker than one by one where the host can read them from a file.</summary>
    void TypeAll(IReadOnlyCollection<string> lines);

    /// <summary>Creates interface <c>pgN</c>, up, and returns its name.</summary>
    string CreatePacketInterface(int number);

    /// <summary>Deletes the packet interface that was created last, so that its number is free again; the embedded host cannot.</summary>
    void DeletePacketInterface(string name);

    /// <summary>Attaches to a Linux interface, up, and returns the host's name for it.</summary>
    string CreateHostInterface(string linuxName);

    PhysicalAddress MacOf(string hostInterface);

    /// <summary>Sends everything and returns what left the packet interfaces, without the routers' own noise, once all of it has been processed.</summary>
    Capture Exchange(params IReadOnlyList<Injection> injections);

    /// <summary>The same where packets go on to another thread on their way: waits until so many have left.</summary>
    Capture ExchangeUntil(int count, Injection injection);
}
