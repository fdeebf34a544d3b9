using System.Text;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary>The lines of <c>show kube-proxy</c> about pods that drain.</summary>
internal static class DrainingPods
{
    private const int ShownPods = 16;

    /// <summary>One line a pod: which, how many sessions, how long. Nothing without such a pod.</summary>
    public static void AppendTo(StringBuilder text, ServiceCatalog catalog)
    {
        List<Pod> pods = Find(catalog);
        if (pods.Count == 0) return;
        IReadOnlyDictionary<uint, ulong> sessions = catalog.Plane.CountLiveSessions();
        for (int i = 0; i < Math.Min(pods.Count, ShownPods); i++)
        {
            Pod pod = pods[i];
            text.Append($"{"draining",-16}{pod.Address} of {pod.Service.Vip.Key} {pod.Service.Key.Words}: ");
            text.Append($"{sessions.GetValueOrDefault(pod.Slot)} sessions");
            if (SecondsLeft(pod, catalog.Plane) is ulong left) text.Append($", {left} seconds left");
            text.Append('\n');
        }

        if (pods.Count > ShownPods) text.Append($"{"draining",-16}and {pods.Count - ShownPods} more\n");
    }

    /// <summary>Whole seconds until the pod is taken out, rounded up; null without an end.</summary>
    public static ulong? SecondsLeft(Pod pod, IDataPlane plane) =>
        pod.DrainEnd is TimeSpan end ? (ulong)Math.Ceiling(Math.Max(0, (end - plane.Now).TotalSeconds)) : null;

    private static List<Pod> Find(ServiceCatalog catalog)
    {
        var pods = new List<Pod>();
        foreach (Vip vip in catalog.Vips)
        {
            foreach (Service service in vip.Services)
            {
                if (service.CountDraining() == 0) continue;
                foreach (Pod pod in service.Pods)
                {
                    if (pod.IsDraining) pods.Add(pod);
                }
            }
        }

        return pods;
    }
}
