using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Net;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>What can happen to a table.</summary>
public enum StepKind
{
    /// <summary>A flow is remembered.</summary>
    Add,

    /// <summary>A packet of a flow arrives.</summary>
    Touch,

    /// <summary>A flow is forgotten.</summary>
    Remove,

    /// <summary>Another worker, whose clock is ahead, refreshes for an answer.</summary>
    AnswerElsewhere,

    /// <summary>Some seconds pass.</summary>
    Pass,

    /// <summary>A long time passes without a frame.</summary>
    Pause,

    /// <summary>The whole table is swept.</summary>
    Sweep,

    /// <summary>The service of a pod goes away.</summary>
    Kill,
}

/// <summary>One step of a history; what the amount means depends on the kind.</summary>
public sealed record Step(StepKind Kind, int Flow, int Amount);

/// <summary>A session table side by side with a dictionary that does the same in plain terms.</summary>
public sealed unsafe class SessionModel<TSession, TFlow> : IDisposable
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private const int PodCount = 40;
    private readonly DataPathFixture _fixture;
    private readonly Worker* _worker;
    private readonly SessionTable<TSession, TFlow>* _table;
    private readonly Dictionary<int, Remembered> _sessions = [];
    private readonly HashSet<uint> _dead = [];

    public SessionModel(IpFamily family, uint udpTimeout, uint tcpTimeout, Func<nint, nint> tableOf)
    {
        _fixture = new DataPathFixture(new DataPathOptions { BucketCount = 8, UdpTimeoutSeconds = udpTimeout, TcpTimeoutSeconds = tcpTimeout });
        _worker = _fixture.Worker();
        _table = (SessionTable<TSession, TFlow>*)tableOf((nint)_worker);
        for (int pod = 1; pod <= PodCount; pod++) _fixture.AddPod(0, Site.Pod(family, pod, 8080));
    }

    private ulong Now => _worker->Context.Clock.NowSeconds;

    public void Do(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Add: Add(step.Flow, (uint)(step.Amount % PodCount) + 1); break;
            case StepKind.Touch: Touch(step.Flow); break;
            case StepKind.Remove: Remove(step.Flow); break;
            case StepKind.AnswerElsewhere: AnswerElsewhere(step.Flow, (ulong)step.Amount % 60); break;
            case StepKind.Pass: _fixture.Pass((ulong)step.Amount % 40); break;
            case StepKind.Pause: Pause((ulong)step.Amount * 3); break;
            case StepKind.Sweep: Sweep(); break;
            case StepKind.Kill: Kill((uint)step.Amount); break;
            default: throw new InvalidOperationException();
        }
    }

    /// <summary>Everything that must hold at any time.</summary>
    public void Check()
    {
        foreach ((int flow, Remembered session) in _sessions)
        {
            if (IsOver(session, Now)) continue;
            uint entry = Find(flow);
            Assert.NotEqual(SessionTable.NotFound, entry);
            Assert.Equal(session.PodSlot, SessionValue.PodSlot(*_table->Value(entry)));
            Assert.False(_table->IsOver(*_table->Value(entry)));
        }

        TableAudit.Check(_worker, _table, _fixture.Options);
    }

    public void Dispose() => _fixture.Dispose();

    private void Add(int number, uint podSlot)
    {
        Forget(number);
        if (_sessions.ContainsKey(number) || _dead.Contains(podSlot)) return;
        TFlow flow = Flow(number);
        ulong hash = TFlow.Hash(&flow, _worker->Context.Key);
        byte[] before = TableAudit.Image(_table, _fixture.Options);
        if (_table->TryAdd(&flow, hash, podSlot, Kind(number)))
        {
            _sessions.Add(number, new Remembered(podSlot, Kind(number), Now));
            return;
        }

        Assert.True(TableAudit.IsFull(_table, hash), "refused although there is room");
        Assert.Equal(before, TableAudit.Image(_table, _fixture.Options));
    }

    /// <summary>A session that is over may or may not be there still; both sides forget it.</summary>
    private void Forget(int number)
    {
        if (_sessions.TryGetValue(number, out Remembered? session) && !IsOver(session, Now)) return;
        _sessions.Remove(number);
        uint entry = Find(number);
        if (entry == SessionTable.NotFound) return;
        Assert.True(_table->IsOver(*_table->Value(entry)), "a session that is over lives");
        _table->Remove(entry);
    }

    private void Touch(int number)
    {
        uint entry = Find(number);
        if (entry == SessionTable.NotFound) return;
        bool isLive = !IsOver(_sessions[number], Now);
        Assert.Equal(isLive, SessionUpdate.TryUse(_worker, _table, entry, TcpSegment.Bare));
        if (isLive) _sessions[number] = _sessions[number] with { Seconds = Now };
        else _sessions.Remove(number);
        Assert.Equal(isLive, Find(number) != SessionTable.NotFound);
    }

    private void Remove(int number)
    {
        uint entry = Find(number);
        if (entry != SessionTable.NotFound) _table->Remove(entry);
        _sessions.Remove(number);
        Assert.Equal(SessionTable.NotFound, Find(number));
    }

    private void AnswerElsewhere(int number, ulong ahead)
    {
        uint entry = Find(number);
        if (entry == SessionTable.NotFound || IsOver(_sessions[number], Now + ahead)) return;
        Worker other = *_worker;
        other.Context.Clock.Advance(Now + ahead);
        uint value = *_table->Value(entry);
        Assert.False(other.Context.Clock.IsExpired(value));
        Assert.True(SessionUpdate.TryAnswer(&other, _table->Value(entry), value, TcpSegment.Bare));
        _sessions[number] = _sessions[number] with { Seconds = Now + ahead };
    }

    private void Pause(ulong seconds)
    {
        _fixture.Pass(seconds);
        if (seconds > Housekeeping.SweepSeconds) Assert.Equal(0, TableAudit.OverCount(_table));
    }

    private void Sweep()
    {
        Housekeeping.SweepAll(_worker);
        Assert.Equal(0, TableAudit.OverCount(_table));
    }

    private void Kill(uint amount)
    {
        if (amount >= PodCount) return;
        _dead.Add(amount + 1);
        _fixture.SetState(amount + 1, PodState.Dead);
    }

    private uint Find(int number)
    {
        TFlow flow = Flow(number);
        return _table->Find(&flow, TFlow.Hash(&flow, _worker->Context.Key));
    }

    /// <summary>Even and odd numbers are UDP and TCP flows with equal tuples.</summary>
    private static TFlow Flow(int number) =>
        FlowFactory.Create<TFlow>((uint)(number / 2) + 1, 9, (ushort)(1000 + (number / 4)), 80, SessionValue.ClassOf(Kind(number)));

    private static uint Kind(int number) => number % 2 == 0 ? SessionKind.Udp : SessionKind.TcpEstablished;

    private bool IsOver(Remembered session, ulong now)
    {
        uint timeout = session.Kind == SessionKind.Udp ? _fixture.Options.UdpTimeoutSeconds : _fixture.Options.TcpTimeoutSeconds;
        ulong tick = Math.Max(1, (timeout + 249) / 250);
        long age = (long)(now / tick) - (long)(session.Seconds / tick);
        return age > (timeout + (long)tick - 1) / (long)tick || _dead.Contains(session.PodSlot);
    }

    private sealed record Remembered(uint PodSlot, uint Kind, ulong Seconds);
}
