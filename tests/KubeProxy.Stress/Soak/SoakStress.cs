using System.Diagnostics;
using System.Globalization;
using KubeProxy.Stress.Churn;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Packets;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.Stress.Soak;

/// <summary>How long, and how often it is looked.</summary>
public sealed record SoakPlan(TimeSpan Duration, int Workers, int Seed)
{
    public TimeSpan SampleEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often traffic pauses, to see which buffers come back: once a minute, more often where there is not much time.</summary>
    public TimeSpan PauseEvery => TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerMinute, Duration.Ticks / 12));

    public double PacketsPerSecond { get; init; } = 50_000;

    public double SpoiltPacketsPerSecond { get; init; } = 5_000;

    /// <summary>Pauses between two rounds of changes.</summary>
    public TimeSpan ChangeEvery { get; init; } = TimeSpan.FromMilliseconds(200);
}

/// <summary><c>soak</c>: traffic, spoilt packets and changes for a long time. Nothing may grow: what is certain to grow (Theil and Sen, 95 %) is a leak.</summary>
public sealed class SoakStress
{
    /// <summary>The share of the run in which memory finds its size.</summary>
    private const double WarmUp = 0.4;

    private const string BuffersAtRest = "buffers in use at rest";
    private readonly Ground _ground;
    private readonly Dictionary<string, List<(double At, double Value)>> _series = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Random _random;

    private SoakStress(Ground ground, int seed) => (_ground, _random) = (ground, new Random(seed));

    public static Report Run(SoakPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Report report = new(string.Create(CultureInfo.InvariantCulture,
            $"{plan.Duration.TotalMinutes:0.#} minutes of {plan.PacketsPerSecond:#,0} packets a second, {plan.SpoiltPacketsPerSecond:#,0} of them spoilt, and changes, {plan.Workers} workers, seed {plan.Seed}"));
        using Ground ground = new(new VppOptions { Workers = plan.Workers });
        PodYard yard = new(ground);
        Services.Open(ground, withFirstVip: false);
        Health health = new(ground);
        SoakStress soak = new(ground, plan.Seed);
        soak.RunFor(plan, yard, health);
        soak.Demand(report, plan);
        health.Demand(report);
        return report;
    }

    private void RunFor(SoakPlan plan, PodYard yard, Health health)
    {
        Templates templates = new(_random, _ground.FromClients, _ground.FromPod);
        Mutation mutation = new(_random);
        byte[][] spoilt = [.. Enumerable.Range(0, 20_000).Select(_ => mutation.Of(templates.FromClient()))];
        byte[][] whole = [.. yard.Requests()];
        Stream[] streams = Begin(plan, whole, spoilt);
        (TimeSpan next, TimeSpan pause) = (TimeSpan.Zero, plan.PauseEvery);
        while (_clock.Elapsed < plan.Duration)
        {
            ChangeSomething();
            if (_clock.Elapsed >= next)
            {
                Sample();
                next += plan.SampleEvery;
            }

            if (_clock.Elapsed >= pause)
            {
                End(streams);
                Note(BuffersAtRest, health.BuffersAtRest());
                streams = Begin(plan, whole, spoilt);
                pause = _clock.Elapsed + plan.PauseEvery;
            }

            Thread.Sleep(plan.ChangeEvery);
        }

        End(streams);
    }

    private Stream[] Begin(SoakPlan plan, byte[][] whole, byte[][] spoilt)
    {
        Stream[] streams =
        [
            new(_ground.Host, Ground.Clients, whole, long.MaxValue / 2, 0, plan.PacketsPerSecond),
            new(_ground.Host, Ground.Clients, spoilt, long.MaxValue / 2, Math.Max(0, plan.Workers - 1), plan.SpoiltPacketsPerSecond),
        ];
        foreach (Stream stream in streams)
            stream.Start();
        return streams;
    }

    /// <summary>A stream that only stops keeps the buffers of its largest frame.</summary>
    private static void End(Stream[] streams)
    {
        foreach (Stream stream in streams)
            stream.Stop();
        foreach (Stream stream in streams)
            stream.Dispose();
    }

    /// <summary>Pods and services that go and come, questions, and lines that are refused.</summary>
    private void ChangeSomething()
    {
        int pod = _random.Next(PodYard.Count);
        foreach (string word in (string[])[" del", "", " weight 2", " weight 1"])
            _ground.Host.TypeAll([PodYard.Change(pod, isIp6: false, word), PodYard.Change(pod, isIp6: true, word)]);
        _ground.Host.TypeAll(["ku vip 90.88.0.1 port 80 protocol tcp new_len 256", $"ku pod 90.88.0.1 port 80 {PodYard.Address(pod, isIp6: false)}", "ku vip 90.88.0.1 del"]);
        _ground.Host.Cli("ku vip 90.88.0.300 port 80");
        _ground.Host.Cli("show ku vip verbose");
        _ground.Host.Cli("show ku sessions limit 100");
    }

    private void Sample()
    {
        ManagedRuntime runtime = ManagedRuntime.Of(_ground.Host);
        Note("main heap, bytes", HostUse.MainHeapBytes(_ground.Host) ?? 0);
        Note("resident memory, bytes", HostUse.ResidentBytes(_ground.Host));
        Note("buffers in use", HostUse.BuffersInUse(_ground.Host));
        Note("sessions", HostUse.Sessions(_ground.Host));
        Note("collections", runtime.Collections);
        Note("managed heap, bytes", runtime.HeapBytes);
    }

    private void Note(string name, double value)
    {
        if (!_series.TryGetValue(name, out List<(double, double)>? series))
            _series[name] = series = [];
        series.Add((_clock.Elapsed.TotalSeconds, value));
    }

    private void Demand(Report report, SoakPlan plan)
    {
        foreach ((string name, List<(double At, double Value)> series) in _series)
        {
            (double, double)[] settled = [.. series.Where(point => point.At >= plan.Duration.TotalSeconds * WarmUp)];
            TheilSen slope = TheilSen.Of(settled);
            report.Note($"{name}, first", series[0].Value);
            report.Note($"{name}, last", series[^1].Value);
            report.Note($"{name}, a minute", slope.Slope * 60);
            if (name is "main heap, bytes" or "resident memory, bytes" or BuffersAtRest)
                report.Demand($"{name}: no growth", !slope.IsGrowing, $"{slope.Slope * 60:0.#} a minute, 95 %: {slope.Low * 60:0.#} to {slope.High * 60:0.#}, {settled.Length} samples");
        }
    }
}
