using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Sessions of the data plane over nothing: what a test says there are.</summary>
internal sealed unsafe partial class FakeDataPlane
{
    public ulong CountSessions(uint podSlot) => SessionCounts.GetValueOrDefault(podSlot);

    public IReadOnlyDictionary<uint, ulong> CountLiveSessions() =>
        SessionCounts.Where(pair => pair.Value > 0).ToDictionary(pair => pair.Key, pair => pair.Value - ExpiredCounts.GetValueOrDefault(pair.Key));

    public void SweepSessions()
    {
        FailHere("SweepSessions");
        _stops.Stop();
        SweepCount++;
        SessionCounts.Clear();
    }

    public void Configure(SessionSettings settings)
    {
        FailHere("Configure");
        _stops.Stop();
        Sessions = settings;
    }

    public void FlushSessions()
    {
        FailHere("FlushSessions");
        _stops.Stop();
        FlushCount++;
        SessionCounts.Clear();
    }

    public void ForgetSessions(VipKey vip, IReadOnlySet<uint> serviceIndices)
    {
        _stops.Stop();
        Log.Add($"ForgetSessions {vip} {string.Join(',', serviceIndices)}");
    }

    /// <summary>What <see cref="Probe"/> answers.</summary>
    public Func<ProbeRequest, ProbeView>? ProbeAnswer { get; set; }

    public ProbeView Probe(ProbeRequest request) =>
        (ProbeAnswer ?? throw new InvalidOperationException("no answer prepared"))(request);

    public IReadOnlyList<SessionView> ListSessions(int limit) => SessionList.GetRange(0, Math.Min(limit, SessionList.Count));

    public MemoryReport ReadMemory() => new(
        [new MemoryUse("session tables", 1024, 2048, 2048), new MemoryUse("pod records", null, _podSlots * PodRecord.SizeBytes, 4096)],
        UsedBytes + 2048 + (_podSlots * PodRecord.SizeBytes) + 77, new MemoryUse("counters", 640, 1280, 1280), 80, 148, 34, 82);

    public SessionUse ReadSessionUse() => new((ulong)SessionList.Count, 0, 262144, 2, 33554432);
}
