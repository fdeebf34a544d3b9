using System.Diagnostics;

namespace KubeProxy.Testbed.Hosts;

/// <summary>
/// Types, on a connection of his own and at a rate that can be changed at any time, a line that changes something and the line that takes it back. A busy VPP reads its
/// command socket some dozens of times a second, so several changes go into one file that it executes.
/// </summary>
public sealed class Typist : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(5);
    private const int PairsPerExecution = 25;
    private readonly CliConnection _cli;
    private readonly string _one;
    private readonly string _many;
    private readonly Thread _thread;
    private volatile bool _isOver;
    private volatile int _perSecond;
    private volatile string? _refusal;
    private int _secondStarted;

    /// <param name="cli">His own from now on.</param>
    /// <param name="newFile">Names a file of the host's that does not exist yet.</param>
    /// <param name="there">The change.</param>
    /// <param name="back">What takes it back.</param>
    public Typist(CliConnection cli, Func<string> newFile, string there, string back)
    {
        ArgumentNullException.ThrowIfNull(newFile);
        _cli = cli;
        _one = FileOf(newFile(), [there, back], 1);
        _many = FileOf(newFile(), [there, back], PairsPerExecution);
        _thread = new Thread(Type) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Changes a second from now on.</summary>
    public int PerSecond
    {
        get => _perSecond;
        set => _perSecond = Refusal is { } text ? throw new TestbedException($"a change was answered: {text}") : value;
    }

    /// <summary>What was answered to a change, which ends the typing; null: nothing, which is how it should be.</summary>
    public string? Refusal => _refusal;

    /// <summary>Changes typed so far.</summary>
    public int Count { get; private set; }

    /// <summary>The most changes that were typed within one second: where it is less than asked for, VPP had no more time for them.</summary>
    public int MostPerSecond { get; private set; }

    /// <summary>Ends the typing; what was changed last has been taken back.</summary>
    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        _cli.Dispose();
    }

    private static string FileOf(string file, string[] pair, int pairs)
    {
        File.WriteAllLines(file, Enumerable.Repeat(pair, pairs).SelectMany(lines => lines));
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

            TypeOnce(_perSecond > PairsPerExecution ? PairsPerExecution : 1);
        }
    }

    private void TypeOnce(int pairs)
    {
        try
        {
            string printed = _cli.Send($"exec {(pairs == 1 ? _one : _many)}");
            if (printed.Length != 0)
                _refusal = printed;
            Count += 2 * pairs;
        }
        catch (TestbedException exception)
        {
            _refusal = exception.Message;
        }
    }
}
