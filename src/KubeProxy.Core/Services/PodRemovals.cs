using System.Net;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// Keeping new flows from pods: a pod that is held back keeps all of its sessions, a removed one its TCP sessions. Both
/// may have an end, at which the pod is taken out with the sessions that are left.
/// </summary>
internal sealed class PodRemovals
{
    private readonly CatalogState _state;

    /// <summary>Changes of one catalog.</summary>
    public PodRemovals(CatalogState state) => _state = state;

    /// <summary>
    /// Removes pods from those of the services that the selector means which have them. With an end, pods that were
    /// removed before get that end too; without one, an end that was given before stays.
    /// </summary>
    public void Remove(ServiceSelector selector, IReadOnlyList<IPAddress> addresses, uint? drainSeconds)
    {
        Vip vip = _state.FindMain(selector.Vip);
        IReadOnlyList<Service> services = selector.Select(vip);
        PodChecks.CheckAddresses(vip, addresses);
        foreach (IPAddress address in addresses)
        {
            if (drainSeconds is null) PodChecks.CheckServes(services, address);
            else PodChecks.CheckIsKnown(services, address);
        }

        List<Pod> pods = Find(services, addresses, drainSeconds is not null);
        _state.Run(transaction =>
        {
            StageWithout(transaction, vip, services, pods);
            transaction.AfterPublish(() => Leave(pods, drainSeconds));
        });
    }

    /// <summary>Holds pods back in those of the services that the selector means which have them.</summary>
    /// <param name="selector">The services.</param>
    /// <param name="addresses">The pods.</param>
    /// <param name="drainSeconds">After how many seconds they are taken out; null is never.</param>
    public void HoldBack(ServiceSelector selector, IReadOnlyList<IPAddress> addresses, uint? drainSeconds)
    {
        Vip vip = _state.FindMain(selector.Vip);
        IReadOnlyList<Service> services = selector.Select(vip);
        PodChecks.CheckAddresses(vip, addresses);
        foreach (IPAddress address in addresses) PodChecks.CheckServes(services, address);
        List<Pod> pods = Find(services, addresses, withRemoved: false);
        _state.Run(transaction =>
        {
            StageWithout(transaction, vip, services, pods);
            transaction.AfterPublish(() =>
            {
                foreach (Pod pod in pods)
                {
                    pod.IsHeldBack = true;
                    _state.Pods.HoldBack(pod, isHeldBack: true);
                }

                SetEnds(pods, drainSeconds);
            });
        });
    }

    private void Leave(List<Pod> pods, uint? drainSeconds)
    {
        foreach (Pod pod in pods)
        {
            pod.IsHeldBack = false;
            _state.Pods.TakeOut(pod, PodState.Removed);
        }

        if (drainSeconds is not null) SetEnds(pods, drainSeconds);
    }

    private void SetEnds(List<Pod> pods, uint? drainSeconds)
    {
        TimeSpan? end = drainSeconds is uint seconds ? _state.Plane.Now + TimeSpan.FromSeconds(seconds) : null;
        foreach (Pod pod in pods) _state.Pods.Deadlines.Set(pod, end);
    }

    private static List<Pod> Find(IReadOnlyList<Service> services, IReadOnlyList<IPAddress> addresses, bool withRemoved)
    {
        var pods = new List<Pod>();
        foreach (Service service in services)
        {
            foreach (IPAddress address in addresses)
            {
                if (service.Find(address) is Pod pod && (withRemoved || pod.State == PodState.Active)) pods.Add(pod);
            }
        }

        return pods;
    }

    private void StageWithout(Transaction transaction, Vip vip, IReadOnlyList<Service> services, List<Pod> pods)
    {
        var leaving = new HashSet<Pod>(pods);
        var entries = new Dictionary<Service, NativeBlock>();
        foreach (Service service in services)
        {
            List<Pod> staying = service.ActivePods();
            if (staying.RemoveAll(leaving.Contains) > 0) entries.Add(service, transaction.Change.BuildService(service, staying));
        }

        ServiceStaging.Stage(_state, transaction, vip, entries);
    }
}
