using System.Runtime.CompilerServices;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// One worker's idea of time for its sessions. Each kind counts in ticks of its own length, so that its timeout is at
/// most <see cref="TimeoutTicks"/> ticks: up to 250 s a tick is one second, above that 1/250 of the timeout. A tick is
/// 9 bits wide; the age of an entry is unambiguous as long as nobody is older than 512 ticks, which the sweep
/// guarantees (invariant SES-4): it visits every entry at least once a minute.
/// </summary>
public unsafe struct SessionClock
{
    /// <summary>Most ticks in a timeout.</summary>
    public const uint TimeoutTicks = 250;

    private fixed uint _now[SessionKind.Count];
    private fixed uint _limit[SessionKind.Count];
    private fixed uint _tickSeconds[SessionKind.Count];

    /// <summary>The time that the ticks stand for, in seconds since an arbitrary start.</summary>
    public ulong NowSeconds { get; private set; }

    /// <summary>Sets the timeout of a kind; entries must be restamped by their table when the tick length changes.</summary>
    public void SetTimeout(uint kind, uint timeoutSeconds)
    {
        uint tickSeconds = (timeoutSeconds + TimeoutTicks - 1) / TimeoutTicks;
        if (tickSeconds == 0) tickSeconds = 1;
        _tickSeconds[kind] = tickSeconds;
        _limit[kind] = (timeoutSeconds + tickSeconds - 1) / tickSeconds;
        _now[kind] = TickAt(NowSeconds, tickSeconds);
    }

    /// <summary>Moves time forward; time never goes back.</summary>
    public void Advance(ulong nowSeconds)
    {
        if (nowSeconds <= NowSeconds) return;
        NowSeconds = nowSeconds;
        for (uint kind = 0; kind < SessionKind.Count; kind++)
            if (_tickSeconds[kind] != 0) _now[kind] = TickAt(nowSeconds, _tickSeconds[kind]);
    }

    /// <summary>The tick that a packet of this kind stamps now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Now(uint kind) => _now[kind];

    /// <summary>True when a value's timeout has passed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsExpired(uint value) => AgeTicks(value) > _limit[SessionValue.Kind(value)];

    /// <summary>Seconds since a value was stamped, in steps of its kind's tick.</summary>
    public readonly uint AgeSeconds(uint value) => AgeTicks(value) * _tickSeconds[SessionValue.Kind(value)];

    /// <summary>Timeout of a kind, rounded up to whole ticks.</summary>
    public readonly uint TimeoutSeconds(uint kind) => _limit[kind] * _tickSeconds[kind];

    /// <summary>The value restamped so that under this clock it is as old as it was under another one.</summary>
    public readonly uint Restamp(uint value, uint ageSeconds)
    {
        uint kind = SessionValue.Kind(value);
        uint age = Math.Min(ageSeconds / _tickSeconds[kind], _limit[kind]);
        return SessionValue.Pack(SessionValue.PodSlot(value), kind, (_now[kind] - age) % SessionValue.TickPeriod);
    }

    private readonly uint AgeTicks(uint value) =>
        (_now[SessionValue.Kind(value)] - SessionValue.Tick(value)) % SessionValue.TickPeriod;

    private static uint TickAt(ulong seconds, uint tickSeconds) => (uint)(seconds / tickSeconds % SessionValue.TickPeriod);
}
