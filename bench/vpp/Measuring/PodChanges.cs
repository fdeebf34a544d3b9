using System.Diagnostics;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>
/// Types, at a rate that can be changed at any time, that a service has one more pod, and that it has it no more. A busy VPP reads its command socket some dozens of times
/// a second, so several changes go into one file that it executes.
/// </summary>
internal sealed class PodChanges : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(5);
    private const int PairsPerExecution = 25;
    private readonly CliConnection _cli;
    private readonly string _one;
    private readonly string _many;
    private readonly Thread _typist;
    private volatile bool _isOver;
    private volatile int _perSecond;
    private volatile string? _refusal;
    private int _secondStarted;

    public PodChanges(MeasuredVpp vpp, KubeProxyContender ours)
    {
        _cli = vpp.Connect();
        _one = FileOf(vpp, ours, 1);
        _many = FileOf(vpp, ours, PairsPerExecution);
        _typist = new Thread(Type) { IsBackground = true };
        _typist.Start();
    }

    /// <summary>Changes a second from now on.</summary>
    public int PerSecond
    {
        get => _perSecond;
        set => _perSecond = _refusal is { } text ? throw new TestbedException($"VPP answered to a change of pods: {text}") : value;
    }

    /// <summary>Changes typed so far.</summary>
    public int Count { get; private set; }

    /// <summary>The most changes that were typed within one second: where it is less than asked for, VPP had no more time for them.</summary>
    public int MostPerSecond { get; private set; }

    public void Dispose()
    {
        _isOver = true;
        _typist.Join();
        _cli.Dispose();
    }

    private static string FileOf(MeasuredVpp vpp, KubeProxyContender ours, int pairs)
    {
        string file = vpp.NewFile(".cli");
        File.WriteAllLines(file, Enumerable.Repeat<string[]>([ours.OneMorePod, $"{ours.OneMorePod} del"], pairs).SelectMany(pair => pair));
        return file;
    }

    private void Type()
    {
        Stopwatch second = Stopwatch.StartNew();
        while (!_isOver && _refusal is null)
        {
            if (second.Elapsed >= TimeSpan.FromSeconds(1))
            {
                MostPerSecond = Math.Max(MostPerSecond, Count - _secondStarted);
                _secondStarted = Count;
                second.Restart();
            }

            if (Count - _secondStarted >= _perSecond * second.Elapsed.TotalSeconds)
            {
                Thread.Sleep(Idle);
                continue;
            }

            int pairs = _perSecond > PairsPerExecution ? PairsPerExecution : 1;
            string printed = _cli.Send($"exec {(pairs == 1 ? _one : _many)}");
            if (printed.Length != 0) _refusal = printed;
            Count += 2 * pairs;
        }
    }
}
