namespace KubeProxy.Core.Tests.Services;

/// <summary>Counts how often the workers of a <see cref="FakeDataPlane"/> are stopped: in a group once at most.</summary>
internal sealed class StopGroup
{
    private int _depth;

    public int Count { get; private set; }

    /// <summary>True from the first stop in a group to the group's end.</summary>
    public bool AreStopped { get; private set; }

    public bool IsOver => _depth == 0;

    public IDisposable Enter()
    {
        _depth++;
        return new Membership(this);
    }

    public void Stop()
    {
        if (AreStopped) return;
        Count++;
        AreStopped = _depth > 0;
    }

    private sealed class Membership(StopGroup group) : IDisposable
    {
        public void Dispose()
        {
            if (--group._depth == 0) group.AreStopped = false;
        }
    }
}
