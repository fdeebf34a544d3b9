using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Plugin.Nodes;

namespace KubeProxy.Plugin.Workers;

/// <summary>Reads sessions for the <c>show</c> commands while workers go on: each entry is copied as it was at one moment.</summary>
internal static unsafe class SessionListing
{
    /// <summary>Sessions of all threads that are not over, at most <paramref name="limit"/>.</summary>
    public static IReadOnlyList<SessionView> List(WorkerSet workers, ulong nowSeconds, int limit)
    {
        List<SessionView> views = [];
        foreach (Realm realm in workers.Realms)
        {
            for (uint i = 0; i < workers.ThreadCount; i++)
            {
                Worker* worker = realm.Worker(i);
                Collect(&worker->Sessions4, nowSeconds, limit, realm.Table, views, Ends4);
                Collect(&worker->Sessions6, nowSeconds, limit, realm.Table, views, Ends6);
            }
        }

        return views;
    }

    /// <summary>Counts the sessions that are not over.</summary>
    public static KubeProxy.Core.Services.SessionUse Count(WorkerSet workers, ulong nowSeconds)
    {
        ulong live4 = 0;
        ulong live6 = 0;
        ulong capacity = 0;
        ulong memoryBytes = 0;
        foreach (Realm realm in workers.Realms)
        {
            capacity += realm.Worker(0)->Sessions4.EntryCount;
            memoryBytes += realm.Memory!.LengthBytes;
            for (uint i = 0; i < workers.ThreadCount; i++)
            {
                live4 += CountLive(&realm.Worker(i)->Sessions4, nowSeconds);
                live6 += CountLive(&realm.Worker(i)->Sessions6, nowSeconds);
            }
        }

        return new(live4, live6, capacity, workers.ThreadCount, memoryBytes);
    }

    /// <summary>Counts the sessions that are not over by pod slot.</summary>
    public static IReadOnlyDictionary<uint, ulong> CountByPod(WorkerSet workers, ulong nowSeconds)
    {
        Dictionary<uint, ulong> counts = [];
        foreach (Realm realm in workers.Realms)
        {
            for (uint i = 0; i < workers.ThreadCount; i++)
            {
                AddLive(&realm.Worker(i)->Sessions4, nowSeconds, counts);
                AddLive(&realm.Worker(i)->Sessions6, nowSeconds, counts);
            }
        }

        return counts;
    }

    private delegate (IPEndPoint Source, IPEndPoint Destination) EndsOf<TFlow>(TFlow flow);

    private static void Collect<TSession, TFlow>(
        SessionTable<TSession, TFlow>* table, ulong nowSeconds, int limit, uint inTable, List<SessionView> views, EndsOf<TFlow> ends)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        if (table->LiveCount == 0) return;
        TSession copy;
        for (uint i = 0; i < table->EntryCount && views.Count < limit; i++)
        {
            if (*table->Value(i) == 0 || TSession.Copy(table->Entries + i, &copy) == 0) continue;
            if (IsLive(table, *TSession.Value(&copy), nowSeconds, out uint idle))
                views.Add(View(table, &copy, table->SourcePorts[i], idle, ends) with { Table = inTable });
        }
    }

    private static SessionView View<TSession, TFlow>(
        SessionTable<TSession, TFlow>* table, TSession* session, ushort sourcePortWire, uint idleSeconds, EndsOf<TFlow> ends)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        uint podSlot = SessionValue.PodSlot(*TSession.Value(session));
        TFlow flow = TSession.Flow(session);
        TFlow seen = Masquerade<TFlow>.Seen(&flow, table->Context->Pods + podSlot, table->Context->Masquerades, sourcePortWire);
        (IPEndPoint client, IPEndPoint vip) = ends(flow);
        byte protocol = OtherHeader.ProtocolOf(TFlow.ClassOf(&flow), TFlow.DestinationPort(&flow));
        return new SessionView(
            table->Context->WorkerIndex, protocol, client, vip, podSlot, idleSeconds, sourcePortWire == 0 ? null : ends(seen).Source);
    }

    private static ulong CountLive<TSession, TFlow>(SessionTable<TSession, TFlow>* table, ulong nowSeconds)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        ulong count = 0;
        if (table->LiveCount == 0) return count;
        for (uint i = 0; i < table->EntryCount; i++)
        {
            uint value = *table->Value(i);
            if (value != 0 && IsLive(table, value, nowSeconds, out _)) count++;
        }

        return count;
    }

    private static void AddLive<TSession, TFlow>(SessionTable<TSession, TFlow>* table, ulong nowSeconds, Dictionary<uint, ulong> counts)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        if (table->LiveCount == 0) return;
        for (uint i = 0; i < table->EntryCount; i++)
        {
            uint value = *table->Value(i);
            if (value == 0 || !IsLive(table, value, nowSeconds, out _)) continue;
            uint podSlot = SessionValue.PodSlot(value);
            counts[podSlot] = counts.GetValueOrDefault(podSlot) + 1;
        }
    }

    /// <summary>A thread without packets does not move its clock: the seconds since count too.</summary>
    private static bool IsLive<TSession, TFlow>(SessionTable<TSession, TFlow>* table, uint value, ulong nowSeconds, out uint idleSeconds)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        ref SessionClock clock = ref table->Context->Clock;
        ulong since = nowSeconds > clock.NowSeconds ? nowSeconds - clock.NowSeconds : 0;
        idleSeconds = (uint)Math.Min(clock.AgeSeconds(value) + since, uint.MaxValue);
        return idleSeconds <= clock.TimeoutSeconds(SessionValue.Kind(value)) && !table->IsOver(value);
    }

    private static (IPEndPoint Source, IPEndPoint Destination) Ends4(Ip4Flow flow) => (
        new IPEndPoint(flow.Source, Be16.FromWire(flow.SourcePortWire).Host),
        new IPEndPoint(flow.Destination, Be16.FromWire(flow.DestinationPortWire).Host));

    private static (IPEndPoint Source, IPEndPoint Destination) Ends6(Ip6Flow flow) => (
        FlowEnds.EndPoint(new IPAddress(new ReadOnlySpan<byte>(&flow.SourceFirst, 16)), flow.SourcePortWire),
        FlowEnds.EndPoint(new IPAddress(new ReadOnlySpan<byte>(&flow.DestinationFirst, 16)), flow.DestinationPortWire));
}
