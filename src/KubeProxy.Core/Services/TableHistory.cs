using KubeProxy.Core.Memory;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// Which selection tables of a service are kept beside the one in force: the last that flows were opened under. A packet from
/// the middle of a connection without a session asks them (docs/decisions/0011-earlier-tables.md). A table that no flow was
/// opened under tells nothing about any connection, so pods that are added one by one before the first client comes leave no
/// history.
/// </summary>
internal static unsafe class TableHistory
{
    /// <summary>
    /// Lets a service's next entry name earlier ones. <paramref name="flowCount"/> is the service's first-session counter now.
    /// </summary>
    public static void Fill(ServiceEntry* next, Service service, ulong flowCount)
    {
        var current = (ServiceEntry*)service.Entry.Start;
        int count = 0;
        if (current->PodCount != 0 && flowCount != service.FlowsBefore) ServiceEntry.Earlier(next)[count++] = current;
        foreach (NativeBlock block in service.Earlier)
        {
            if (count < ServiceEntry.EarlierCount) ServiceEntry.Earlier(next)[count++] = (ServiceEntry*)block.Start;
        }
    }

    /// <summary>True when an entry names another one as earlier.</summary>
    public static bool Names(NativeBlock entry, NativeBlock other)
    {
        ServiceEntry** earlier = ServiceEntry.Earlier((ServiceEntry*)entry.Start);
        for (int i = 0; i < ServiceEntry.EarlierCount; i++)
        {
            if (earlier[i] == other.Start) return true;
        }

        return false;
    }
}
