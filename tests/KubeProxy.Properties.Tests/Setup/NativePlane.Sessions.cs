using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>Sessions of all workers.</summary>
internal sealed unsafe partial class NativePlane
{
    private const uint BucketLength = SessionTable.BucketLength;

    public SessionSettings Sessions { get; private set; } =
        SessionSettings.Default with { BucketCount = path.Options.BucketCount };

    /// <summary>Sizes stay: only times and source ports are changed, and only while there are no sessions.</summary>
    public void Configure(SessionSettings settings)
    {
        if (settings.BucketCount != Sessions.BucketCount) throw new CommandException($"no memory for {settings.BucketCount} buckets");
        Sessions = settings;
        for (int i = 0; i < path.Options.WorkerCount; i++)
        {
            SessionClock* clock = &path.Worker(i)->Context.Clock;
            clock->SetTimeout(SessionKind.Udp, settings.Timeouts.Udp);
            clock->SetTimeout(SessionKind.Sctp, settings.Timeouts.Udp);
            clock->SetTimeout(SessionKind.Other, settings.Timeouts.Icmp);
            clock->SetTimeout(SessionKind.TcpOpening, settings.Timeouts.TcpOpening);
            clock->SetTimeout(SessionKind.TcpEstablished, settings.Timeouts.Tcp);
            clock->SetTimeout(SessionKind.TcpClosing, settings.Timeouts.TcpClosing);
            PortRange ports = settings.MasqueradePorts;
            path.Worker(i)->SourcePorts = SourcePorts.PartOf(ports.First, ports.Count, (uint)i, WorkerCount);
        }
    }

    public ulong CountSessions(uint podSlot)
    {
        ulong sum = 0;
        for (int i = 0; i < path.Options.WorkerCount; i++) sum += path.Worker(i)->Context.SessionsByPod[podSlot];
        return sum;
    }

    public IReadOnlyDictionary<uint, ulong> CountLiveSessions() =>
        ListSessions(int.MaxValue).GroupBy(session => session.PodSlot).ToDictionary(group => group.Key, group => (ulong)group.Count());

    public void SweepSessions()
    {
        for (int i = 0; i < path.Options.WorkerCount; i++) Housekeeping.SweepAll(path.Worker(i));
    }

    public void FlushSessions()
    {
        path.Shared->Affinity.Clear();
        path.Flush();
    }

    public void ForgetSessions(VipKey vip, IReadOnlySet<uint> serviceIndices)
    {
        for (int i = 0; i < path.Options.WorkerCount; i++)
        {
            Forget(&path.Worker(i)->Sessions4, vip, serviceIndices, flow => new IPEndPoint(flow.Destination, 0));
            Forget(&path.Worker(i)->Sessions6, vip, serviceIndices, flow => new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(&flow.DestinationFirst, 16)), 0));
        }
    }

    public IReadOnlyList<SessionView> ListSessions(int limit)
    {
        var views = new List<SessionView>();
        for (int i = 0; i < path.Options.WorkerCount; i++)
        {
            Collect(&path.Worker(i)->Sessions4, views, SessionEnds.Of4);
            Collect(&path.Worker(i)->Sessions6, views, SessionEnds.Of6);
        }

        return views.Count > limit ? views[..limit] : views;
    }

    public Core.Services.SessionUse ReadSessionUse()
    {
        ulong ip6 = (ulong)ListSessions(int.MaxValue).Count(session => session.Client.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
        return new((ulong)ListSessions(int.MaxValue).Count - ip6, ip6, path.Options.BucketCount * BucketLength, WorkerCount, 0);
    }

    private static void Collect<TSession, TFlow>(
        SessionTable<TSession, TFlow>* table, List<SessionView> views, Func<TFlow, (IPEndPoint Source, IPEndPoint Destination)> ends)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        for (uint i = 0; i < table->EntryCount; i++)
        {
            uint value = *table->Value(i);
            if (value == 0 || table->IsOver(value)) continue;
            TFlow flow = TSession.Flow(table->Entries + i);
            ushort port = table->SourcePorts[i];
            TFlow seen = Masquerade<TFlow>.Seen(&flow, table->Context->Pods + SessionValue.PodSlot(value), table->Context->Masquerades, port);
            (IPEndPoint client, IPEndPoint vip) = ends(flow);
            byte protocol = OtherHeader.ProtocolOf(TFlow.ClassOf(&flow), TFlow.DestinationPort(&flow));
            uint idle = table->Context->Clock.AgeSeconds(value);
            views.Add(new(table->Context->WorkerIndex, protocol, client, vip, SessionValue.PodSlot(value), idle, port == 0 ? null : ends(seen).Source));
        }
    }

    private static void Forget<TSession, TFlow>(
        SessionTable<TSession, TFlow>* table, VipKey vip, IReadOnlySet<uint> services, Func<TFlow, IPEndPoint> destination)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        for (uint i = 0; i < table->EntryCount; i++)
        {
            uint value = *table->Value(i);
            if (value == 0 || !services.Contains(table->Context->Pods[SessionValue.PodSlot(value)].ServiceIndex)) continue;
            IPAddress address = destination(TSession.Flow(table->Entries + i)).Address;
            if (vip.Prefix.BaseAddress.AddressFamily == address.AddressFamily && vip.Prefix.Contains(address)) table->Remove(i);
        }
    }
}

/// <summary>Ends of flows as addresses and ports.</summary>
internal static unsafe class SessionEnds
{
    public static (IPEndPoint Source, IPEndPoint Destination) Of4(Ip4Flow flow) => (
        new IPEndPoint(flow.Source, Be16.FromWire(flow.SourcePortWire).Host),
        new IPEndPoint(flow.Destination, Be16.FromWire(flow.DestinationPortWire).Host));

    public static (IPEndPoint Source, IPEndPoint Destination) Of6(Ip6Flow flow) => (
        new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(&flow.SourceFirst, 16)), Be16.FromWire(flow.SourcePortWire).Host),
        new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(&flow.DestinationFirst, 16)), Be16.FromWire(flow.DestinationPortWire).Host));
}
