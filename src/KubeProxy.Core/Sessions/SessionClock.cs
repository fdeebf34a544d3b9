using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// One worker's idea of time for its sessions. Each kind counts in ticks of its own length, so that its timeout is at
/// most <see cref="TimeoutTicks"/> ticks: up to 250 s a tick is one second, above that 1/250 of the timeout. A tick is
/// 9 bits wide and counts modulo 512, and a stamp may also lie ahead: another worker, whose clock has already moved on,
/// refreshed the entry for an answer. The 512 differences between now and a stamp are therefore read as
/// <code>
///   0            250                          416                    511
///   | live        | over, sweep will find it   | ahead of this clock  |
/// </code>
/// which is right as long as no entry grows older than 415 ticks: the sweep's promise (invariant SES-4).
/// </summary>
public unsafe struct SessionClock
{
    /// <summary>Most ticks in a timeout.</summary>
    public const uint TimeoutTicks = 250;

    /// <summary>A stamp may be at most this many ticks ahead of a clock.</summary>
    public const uint AheadTicks = 96;

    /// <summary>Ages in ticks from this one on are no ages: the stamp lies ahead.</summary>
    public const uint AheadFrom = SessionValue.TickPeriod - AheadTicks;

    private fixed uint _now[SessionKind.Count];
    private fixed uint _limit[SessionKind.Count];
    private fixed uint _tickSeconds[SessionKind.Count];
    private fixed uint _freshStamp[SessionKind.Count];

    /// <summary>The time that the ticks stand for, in seconds since an arbitrary start.</summary>
    public ulong NowSeconds { get; private set; }

    /// <summary>
    /// Sets the timeout of a kind; entries must be restamped by their table when the tick length changes. A TCP connection
    /// that one side has closed has the timeout of an established one (RFC 6146 section 3.5.2.2), so the two kinds of these
    /// are set with <see cref="SessionKind.TcpEstablished"/> and not by themselves.
    /// </summary>
    public void SetTimeout(uint kind, uint timeoutSeconds)
    {
        if (kind is SessionKind.TcpClientClosed or SessionKind.TcpPodClosed) return;
        Set(kind, timeoutSeconds);
        if (kind != SessionKind.TcpEstablished) return;
        Set(SessionKind.TcpClientClosed, timeoutSeconds);
        Set(SessionKind.TcpPodClosed, timeoutSeconds);
    }

    /// <summary>Moves time forward; time never goes back.</summary>
    public void Advance(ulong nowSeconds)
    {
        if (nowSeconds <= NowSeconds) return;
        NowSeconds = nowSeconds;
        for (uint kind = 0; kind < SessionKind.Count; kind++)
            if (_tickSeconds[kind] != 0) SetNow(kind, TickAt(nowSeconds, _tickSeconds[kind]));
    }

    /// <summary>The tick that a packet of this kind stamps now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Now(uint kind) => _now[kind];

    /// <summary>
    /// The stamp (<see cref="SessionValue.Stamp"/>) of a session that its flow's next packet leaves as it is: stamped in this
    /// tick and of the kind in which sessions of the class spend their lives, which for TCP is established.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint FreshStamp(uint flowClass) => _freshStamp[flowClass];

    /// <summary><see cref="FreshStamp"/> of every class, indexed by it: for loops over whole batches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint* FreshStamps(SessionClock* clock) => clock->_freshStamp;

    /// <summary>True when a value's timeout has passed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsExpired(uint value) => AgeTicks(value) > _limit[SessionValue.Kind(value)];

    /// <summary>
    /// True when a value's timeout will have passed <paramref name="pauseSeconds"/> after the clock's time, a pause of any
    /// length in which only other workers stamped.
    /// </summary>
    public readonly bool IsExpiredAfter(uint value, ulong pauseSeconds)
    {
        uint kind = SessionValue.Kind(value);
        ulong passed = ((NowSeconds + pauseSeconds) / _tickSeconds[kind]) - (NowSeconds / _tickSeconds[kind]);
        uint difference = Difference(value);
        long age = difference < AheadFrom ? difference : (long)difference - SessionValue.TickPeriod;
        return age + (long)passed > _limit[kind];
    }

    /// <summary>Seconds since a value was stamped, in steps of its kind's tick.</summary>
    public readonly uint AgeSeconds(uint value) => AgeTicks(value) * _tickSeconds[SessionValue.Kind(value)];

    /// <summary>Timeout of a kind, rounded up to whole ticks.</summary>
    public readonly uint TimeoutSeconds(uint kind) => _limit[kind] * _tickSeconds[kind];

    /// <summary>
    /// The value restamped so that under this clock it is as old as it was under another one; older than the timeout
    /// stays older.
    /// </summary>
    public readonly uint Restamp(uint value, uint ageSeconds)
    {
        uint kind = SessionValue.Kind(value);
        uint age = Math.Min(ageSeconds / _tickSeconds[kind], _limit[kind] + 1);
        return SessionValue.Pack(SessionValue.PodSlot(value), kind, (_now[kind] - age) % SessionValue.TickPeriod);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint AgeTicks(uint value)
    {
        uint difference = Difference(value);
        return difference < AheadFrom ? difference : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint Difference(uint value) =>
        (_now[SessionValue.Kind(value)] - SessionValue.Tick(value)) % SessionValue.TickPeriod;

    private void Set(uint kind, uint timeoutSeconds)
    {
        uint tickSeconds = (timeoutSeconds + TimeoutTicks - 1) / TimeoutTicks;
        if (tickSeconds == 0) tickSeconds = 1;
        _tickSeconds[kind] = tickSeconds;
        _limit[kind] = (timeoutSeconds + tickSeconds - 1) / tickSeconds;
        SetNow(kind, TickAt(NowSeconds, tickSeconds));
    }

    private void SetNow(uint kind, uint tick)
    {
        _now[kind] = tick;
        uint flowClass = SessionValue.ClassOf(kind);
        if (flowClass == FlowClass.Tcp && kind != SessionKind.TcpEstablished) return;
        _freshStamp[flowClass] = SessionValue.Pack(0, kind, tick);
    }

    private static uint TickAt(ulong seconds, uint tickSeconds) => (uint)(seconds / tickSeconds % SessionValue.TickPeriod);
}
