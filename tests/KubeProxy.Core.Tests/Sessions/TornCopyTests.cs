using System.Diagnostics;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Net;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>
/// Another worker copies an entry while its owner forgets and rewrites it. Every field of a session here follows from
/// one number, so a copy that mixes two sessions shows.
/// </summary>
public abstract unsafe class TornCopyTests<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private const int ReaderCount = 6;
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(600);

    /// <summary>Where the entry starts in its cache line: one that spans two lines tears far more often.</summary>
    protected virtual int OffsetBytes => 0;

    [Fact]
    [Trait("Defect", "A-22")]
    public void ACopyIsNeverHalfOfTwoSessions()
    {
        using var memory = new DataPathMemory();
        var entry = (TSession*)((byte*)memory.Allocate<TSession>(4) + OffsetBytes);
        Write(entry, 1);
        using var stop = new CancellationTokenSource();
        CancellationToken stopped = stop.Token;
        var owner = new Thread(() => Rewrite(entry, stopped));
        owner.Start();

        // More readers than cores: some lose their core in the middle of a copy, and the owner goes on meanwhile.
        int copies = 0;
        int torn = 0;
        Thread[] readers = [.. Enumerable.Range(0, ReaderCount).Select(_ => new Thread(() => Copy(entry, ref copies, ref torn)))];
        foreach (Thread reader in readers) reader.Start();
        foreach (Thread reader in readers) reader.Join();
        stop.Cancel();
        owner.Join();
        Assert.Equal(0, torn);
        Assert.True(copies > 0);
    }

    [Fact]
    public void TheCheckCatchesATornCopy()
    {
        using var memory = new DataPathMemory();
        TSession* sessions = memory.Allocate<TSession>(2);
        Write(sessions, 1);
        Write(sessions + 1, 2);
        Assert.True(IsWhole(sessions));
        *TSession.Value(sessions) = *TSession.Value(sessions + 1);
        Assert.False(IsWhole(sessions));
    }

    [Fact]
    public void AnEmptyEntryIsNotCopied()
    {
        using var memory = new DataPathMemory();
        TSession* entry = memory.Allocate<TSession>(1);
        TSession copy;
        Write(entry, 1);
        *TSession.Value(entry) = 0;
        Assert.Equal(0u, TSession.Copy(entry, &copy));
    }

    private static void Rewrite(TSession* entry, CancellationToken stopped)
    {
        for (uint number = 1; !stopped.IsCancellationRequested; number = (number % 1000) + 1)
        {
            if (number % 3 == 0) Volatile.Write(ref *TSession.Value(entry), 0);
            Write(entry, number);
            Thread.SpinWait(1);
        }
    }

    private static void Copy(TSession* entry, ref int copies, ref int torn)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Duration)
        {
            for (int i = 0; i < 1000; i++)
            {
                TSession copy;
                if (TSession.Copy(entry, &copy) == 0) continue;
                Interlocked.Increment(ref copies);
                if (!IsWhole(&copy)) Interlocked.Increment(ref torn);
            }
        }
    }

    private static void Write(TSession* entry, uint number)
    {
        TFlow flow = Flow(number);
        TSession.Write(entry, &flow, SessionValue.Pack(number, SessionKind.Udp, number & 0xFF));
    }

    private static bool IsWhole(TSession* copy)
    {
        TFlow flow = TSession.Flow(copy);
        return flow.Equals(Flow(SessionValue.PodSlot(*TSession.Value(copy))));
    }

    private static TFlow Flow(uint number) =>
        FlowFactory.Create<TFlow>(number, number * 3, (ushort)(number * 5), (ushort)(number * 7), FlowClass.Udp);
}

public sealed class Ip4TornCopyTests : TornCopyTests<Ip4Session, Ip4Flow>;

public sealed unsafe class Ip6TornCopyTests : TornCopyTests<Ip6Session, Ip6Flow>
{
    protected override int OffsetBytes => 40;

    [Fact]
    public void AnEntryThatItsOwnerIsChangingIsNotCopied()
    {
        Ip6Session entry = default;
        Ip6Session copy;
        Ip6Flow flow = FlowFactory.Create<Ip6Flow>(1, 2, 3, 4, FlowClass.Udp);
        Ip6Session.Write(&entry, &flow, 77);
        Assert.NotEqual(0u, Ip6Session.Copy(&entry, &copy));
        entry.Sequence++;
        Assert.Equal(0u, Ip6Session.Copy(&entry, &copy));
    }
}
