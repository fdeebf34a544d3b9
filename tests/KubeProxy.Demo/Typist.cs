using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Demo;

/// <summary>Types commands into the host, showing each; a command that complains ends the demonstration.</summary>
internal sealed class Typist(IPacketHost host)
{
    /// <summary>Types a line whose only sound answer is nothing, or <paramref name="answer"/>.</summary>
    public void Type(string line, string answer = "")
    {
        Console.WriteLine($"  {line}");
        string printed = host.Cli(line);
        if (printed != answer && printed.Length > 0)
            throw new TestbedException($"'{line}' was answered with: {printed}");
    }

    /// <summary>Types a line and shows what it printed.</summary>
    public void Show(string line)
    {
        Console.WriteLine($"  {line}");
        foreach (string row in host.Cli(line).Split('\n'))
            Console.WriteLine($"    {row}");
    }
}
