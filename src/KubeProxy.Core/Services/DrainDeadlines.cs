namespace KubeProxy.Core.Services;

/// <summary>Pods that drain for a limited time, the one whose time ends first in front.</summary>
internal sealed class DrainDeadlines
{
    private readonly SortedDictionary<(TimeSpan End, uint Slot), Pod> _pods = [];
    private TimeSpan _first = TimeSpan.MaxValue;

    /// <summary>Gives a pod an end, another end, or none.</summary>
    public void Set(Pod pod, TimeSpan? end)
    {
        if (pod.DrainEnd is TimeSpan old) _pods.Remove((old, pod.Slot));
        pod.DrainEnd = end;
        if (end is TimeSpan value) _pods.Add((value, pod.Slot), pod);
        _first = _pods.Count > 0 ? _pods.Keys.First().End : TimeSpan.MaxValue;
    }

    /// <summary>Whether a pod's time has passed. Asked every second: it allocates nothing.</summary>
    public bool AreDue(TimeSpan now) => _first <= now;

    /// <summary>The pods whose time has passed, which have no end any more.</summary>
    public List<Pod> TakeDue(TimeSpan now)
    {
        var due = new List<Pod>();
        foreach (((TimeSpan end, _), Pod pod) in _pods)
        {
            if (end > now) break;
            due.Add(pod);
        }

        foreach (Pod pod in due) Set(pod, null);
        return due;
    }
}
