using System.Text.RegularExpressions;
using KubeProxy.Stress.Measuring;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Stress.Yard;

/// <summary>What must be true after every run, whatever it did: the same process, answering, its buffers back, its canary served, nothing in its log.</summary>
public sealed partial class Health
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);
    private readonly Ground _ground;
    private readonly int _pid;
    private readonly long _buffers;
    private readonly int _complaints;

    public Health(Ground ground)
    {
        ArgumentNullException.ThrowIfNull(ground);
        _ground = ground;
        _pid = ground.Host.Pid;
        if (ground.Canary.Fault() is { } fault)
            throw new TestbedException($"the canary is ill before the run: {fault}");
        _buffers = HostUse.BuffersInUse(ground.Host);
        _complaints = Complaints().Length;
    }

    public void Demand(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        bool lives = _ground.Host.IsAlive && _ground.Host.Pid == _pid;
        report.Demand("VPP lives", lives, lives ? $"pid {_pid} as before" : "it ended");
        if (!lives)
            return;
        string version = _ground.Host.Cli("show version");
        report.Demand("VPP answers", version.Contains(VppInstallation.SupportedVersion, StringComparison.Ordinal), version);
        string? fault = _ground.Canary.Fault();
        report.Demand("the canary is served as before", fault is null, fault ?? "byte for byte");
        long buffers = BuffersAtRest();
        report.Note("buffers in use before", _buffers);
        report.Note("buffers in use after", buffers);
        report.Demand("no buffer is lost", buffers <= _buffers, $"{_buffers} before, {buffers} after");
        string[] complaints = Complaints();
        report.Demand("nothing is logged as an error", complaints.Length <= _complaints, complaints.Length <= _complaints ? "nothing" : complaints[^1]);
    }

    /// <summary>
    /// Buffers in use when no packets come, in the end as many as before the run. Fragments whose first one never came are given up after a while, which VPP's clock
    /// is moved past.
    /// </summary>
    public long BuffersAtRest()
    {
        _ground.Host.Cli("set clock adjust 15");
        try
        {
            Wait.Until(() => HostUse.BuffersInUse(_ground.Host) <= _buffers, Settling, "the buffers to come back");
        }
        catch (TestbedException)
        {
            // What is in use then is what is lost.
        }

        return HostUse.BuffersInUse(_ground.Host);
    }

    private string[] Complaints() =>
        [.. $"{_ground.Host.Cli("show logging")}\n{_ground.Host.Log}".Split('\n').Where(line => Complaint().IsMatch(line))];

    [GeneratedRegex(@"^\d{4}/\d\d/\d\d \S+\s+(emerg|alert|crit|err)\w*\s|internal error|received signal", RegexOptions.None)]
    private static partial Regex Complaint();
}
