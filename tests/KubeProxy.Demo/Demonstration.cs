using System.Diagnostics;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Network;

namespace KubeProxy.Demo;

/// <summary>The demonstration from its first command to the last table.</summary>
internal sealed class Demonstration : IDisposable
{
    private const string Vip4 = "10.96.0.10";
    private const string Vip6 = "fd96::10";
    private static readonly string[] PodNames = ["pod-1", "pod-2", "pod-3", "pod-4"];
    private readonly IPacketHost _host;
    private readonly Typist _typist;
    private readonly List<Site> _pods = [];
    private Site? _client;

    private Demonstration(IPacketHost host)
    {
        _host = host;
        _typist = new Typist(host);
    }

    public static async Task<int> RunAsync(string hostName, bool keep, int requests, CancellationToken cancel)
    {
        string? missing = NetworkNamespace.Missing() ?? HostChoice.Missing(hostName);
        if (missing is not null)
        {
            await Console.Error.WriteLineAsync($"The demonstration cannot run here: {missing}.").ConfigureAwait(false);
            return 2;
        }

        try
        {
            using IPacketHost host = await Task.Run(() => HostChoice.Start(hostName), cancel).ConfigureAwait(false);
            using Demonstration demonstration = new(host);
            bool passed = await Task.Run(() => demonstration.PlayAsync(requests, cancel), cancel).ConfigureAwait(false);
            if (keep)
                await demonstration.StayAsync(cancel).ConfigureAwait(false);
            return passed ? 0 : 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped; everything has been taken away.").ConfigureAwait(false);
            return 130;
        }
        catch (TestbedException exception)
        {
            await Console.Error.WriteLineAsync($"The demonstration failed: {exception.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    public void Dispose()
    {
        foreach (Site pod in _pods)
            pod.Dispose();
        _client?.Dispose();
    }

    private async Task<bool> PlayAsync(int requests, CancellationToken cancel)
    {
        Console.WriteLine($"Host: {_host.Name}, process {_host.Pid}\n  {_host.Version.Split('\n')[0]}\n\nCommands typed:");
        Build(cancel);
        Tally before = new(PodNames[..3]);
        await AskAsync(before, requests, atOneThird: null, cancel).ConfigureAwait(false);
        Console.WriteLine($"\nWho answered the first {before.Count} requests:\n{before}");

        Console.WriteLine("\nWhile requests go on, pod-1 is removed and pod-4 added:");
        Tally during = new(PodNames);
        await AskAsync(during, requests, ExchangePods, cancel).ConfigureAwait(false);
        Console.WriteLine($"\nWho answered {during.Count} requests around the change:\n{during}");

        Tally after = new(PodNames[1..]);
        await AskAsync(after, requests, atOneThird: null, cancel).ConfigureAwait(false);
        Console.WriteLine($"\nWho answered {after.Count} requests after it:\n{after}\n");
        _typist.Show("show ku vip verbose");
        return Judge([before, during, after], [.. before.SilentPods, .. after.SilentPods]);
    }

    /// <summary>Sites, interfaces, services.</summary>
    private void Build(CancellationToken cancel)
    {
        _client = new Site("client", "10.1.0", "fd01");
        for (int i = 0; i < PodNames.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            _pods.Add(new Site(PodNames[i], $"10.2.{i + 1}", $"fd02:{i + 1}"));
        }

        _client.Attach(_typist);
        foreach (Site pod in _pods)
        {
            cancel.ThrowIfCancellationRequested();
            pod.Attach(_typist);
            _typist.Type($"ku set interface nat4 in {pod.HostInterface}");
            _typist.Type($"ku set interface nat6 in {pod.HostInterface}");
        }

        foreach (string service in Services("target_port"))
            _typist.Type($"ku vip {service}");
        foreach (Site pod in _pods)
        {
            cancel.ThrowIfCancellationRequested();
            pod.StartPod();
        }

        ForEveryService(service => $"ku pod {service} {string.Join(' ', _pods[..3].Select(pod => AddressFor(service, pod)))}");
    }

    private void ExchangePods()
    {
        ForEveryService(service => $"ku pod {service} {AddressFor(service, _pods[0])} del");
        ForEveryService(service => $"ku pod {service} {AddressFor(service, _pods[3])}");
    }

    private void ForEveryService(Func<string, string> line)
    {
        foreach (string service in Services())
            _typist.Type(line(service));
    }

    private static IEnumerable<string> Services(string? targetPort = null)
    {
        foreach ((string vip, string nat) in new[] { ($"{Vip4}/32", "nat4"), ($"{Vip6}/128", "nat6") })
        {
            yield return $"{vip} port {Ports.Http} protocol tcp" + (targetPort is null ? "" : $" {targetPort} {Ports.PodHttp} {nat}");
            yield return $"{vip} port {Ports.Echo} protocol udp" + (targetPort is null ? "" : $" {targetPort} {Ports.PodEcho} {nat}");
        }
    }

    private static string AddressFor(string service, Site pod) => service.StartsWith(Vip4, StringComparison.Ordinal) ? pod.Address4 : pod.Address6;

    /// <summary>Lets the client ask; types something after a third of the answers, while the client goes on, and lets it ask as often again.</summary>
    private async Task AskAsync(Tally tally, int requests, Action? atOneThird, CancellationToken cancel)
    {
        int rounds = (requests + 3) / 4;
        using Process client = _client!.Start("client", "--vip", Vip4, "--vip", Vip6, "--rounds", $"{rounds}");
        try
        {
            while (await client.StandardOutput.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
            {
                tally.Add(Answer.Parse(line));
                if (tally.Count == requests / 3)
                    atOneThird?.Invoke();
                if (tally.Count == requests * 2 / 3)
                    client.StandardInput.Close();
            }

            await client.WaitForExitAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            if (!client.HasExited)
                client.Kill();
        }

        if (tally.Count < rounds * 4 || client.ExitCode != 0)
            throw new TestbedException($"the client ended after {tally.Count} requests: {await client.StandardError.ReadToEndAsync(cancel).ConfigureAwait(false)}");
    }

    private static bool Judge(Tally[] tallies, string[] silent)
    {
        Answer[] failures = [.. tallies.SelectMany(tally => tally.Failures)];
        foreach (Answer failure in failures)
            Console.WriteLine($"FAILED {failure.Family} {failure.Protocol}: {failure.Failure}");
        foreach (string pod in silent)
            Console.WriteLine($"FAILED {pod} did not answer although it was there to");
        bool passed = failures.Length == 0 && silent.Length == 0;
        int count = tallies.Sum(tally => tally.Count);
        Console.WriteLine($"\n{count - failures.Length} of {count} requests answered{(passed ? ", by every pod." : ".")}");
        return passed;
    }

    private async Task StayAsync(CancellationToken cancel)
    {
        Console.WriteLine($"""

            Everything stays up. Try, from another terminal:
              {_host.CommandPrefix} show ku vip verbose
              {_host.CommandPrefix} show ku
              ip netns exec {_client!.Station.Space.Name} curl -s http://{Vip4}/
              ip netns exec {_client.Station.Space.Name} curl -s http://[{Vip6}]/
            {(Console.IsInputRedirected ? "" : "Enter or ")}Ctrl-C (or: kill {Environment.ProcessId}) ends it and takes everything away.
            """);
        if (Console.IsInputRedirected)
            await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else
            await Task.WhenAny(Task.Run(Console.ReadLine, cancel), Task.Delay(Timeout.Infinite, cancel)).ConfigureAwait(false);
    }
}
