using System.Diagnostics;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Stress.Yard;

/// <summary>People at other consoles: each has a connection of its own and types its lines over and over until it is disposed.</summary>
public sealed class Talkers : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);
    private readonly CancellationTokenSource _end = new();
    private readonly Task[] _tasks;
    private long _lines;
    private long _longestTicks;

    public Talkers(VppHost host, params IReadOnlyList<string[]> scripts)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(scripts);
        _tasks = [.. scripts.Select(script => Task.Run(() => Talk(host, script)))];
    }

    /// <summary>Lines answered so far.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>The longest that one waited for an answer.</summary>
    public TimeSpan LongestAnswer => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _longestTicks));

    /// <summary>Stops them; null, or what one of them met.</summary>
    public string? Stop()
    {
        _end.Cancel();
        try
        {
            Task.WaitAll(_tasks);
            return null;
        }
        catch (AggregateException exception)
        {
            return exception.InnerException?.Message ?? exception.Message;
        }
    }

    public void Dispose()
    {
        Stop();
        _end.Dispose();
    }

    private void Talk(VppHost host, string[] script)
    {
        using CliConnection connection = host.Connect(AnswerLimit);
        for (int i = 0; !_end.IsCancellationRequested; i++)
        {
            long start = Stopwatch.GetTimestamp();
            connection.Send(script[i % script.Length]);
            long took = Stopwatch.GetTimestamp() - start;
            Interlocked.Increment(ref _lines);
            if (took > Interlocked.Read(ref _longestTicks))
                Interlocked.Exchange(ref _longestTicks, took);
        }
    }
}
