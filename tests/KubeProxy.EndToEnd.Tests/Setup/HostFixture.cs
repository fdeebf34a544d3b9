using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>A host that all stories of a collection share; or the reason why there is none here.</summary>
public abstract class HostFixture : IDisposable
{
    private readonly string? _missing;
    private readonly Func<IPacketHost> _start;
    private Lab? _lab;
    private Exception? _failure;

    protected HostFixture(string? missing, Func<IPacketHost> start)
    {
        _missing = missing;
        _start = start;
    }

    /// <summary>The running host in its wiring; skips the test where it cannot run. A host that died is started anew for the next story.</summary>
    public Lab Open()
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        if (_failure is not null)
            throw new TestbedException($"the host did not start: {_failure.Message}", _failure);
        if (_lab is { Host.IsAlive: false })
        {
            _lab.Dispose();
            _lab = null;
        }

        return _lab ??= NewLab();
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _lab?.Dispose();
    }

    private Lab NewLab()
    {
        IPacketHost host = _start();
        try
        {
            Lab lab = new(host);
            lab.Type($"ku set interface nat4 in {Lab.PodSide}");
            lab.Type($"ku set interface nat6 in {Lab.PodSide}");
            return lab;
        }
        catch (Exception exception)
        {
            _failure = exception;
            host.Dispose();
            throw;
        }
    }
}
