using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Plugin.Workers;

/// <summary>Changes of a whole session table, unless it is empty. Main thread, while it holds the workers.</summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
internal static unsafe class TableWalk<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Moves the sessions that are not over to an empty table; what finds no room is forgotten.</summary>
    public static void Move(SessionTable<TSession, TFlow>* to, ref SessionTable<TSession, TFlow> from)
    {
        if (from.LiveCount == 0) return;
        for (uint i = 0; i < from.EntryCount; i++)
        {
            uint value = *from.Value(i);
            if (value == 0 || to->IsOver(value)) continue;
            TFlow flow = TSession.Flow(from.Entries + i);
            _ = to->TryPlace(&flow, TFlow.Hash(&flow, to->Context->Key), value, from.SourcePorts[i]);
        }
    }

    /// <summary>Forgets every session.</summary>
    public static void RemoveAll(SessionTable<TSession, TFlow>* table)
    {
        if (table->LiveCount == 0) return;
        for (uint i = 0; i < table->EntryCount; i++)
            if (*table->Value(i) != 0) table->Remove(i);
    }

    /// <summary>Forgets the sessions that clients have by addresses in the prefix with pods of these services.</summary>
    public static void Remove(SessionTable<TSession, TFlow>* table, IPNetwork prefix, IReadOnlySet<uint> serviceIndices)
    {
        if (table->LiveCount == 0) return;
        byte[] first = prefix.BaseAddress.GetAddressBytes();
        PodRecord* pods = table->Context->Pods;
        for (uint i = 0; i < table->EntryCount; i++)
        {
            uint value = *table->Value(i);
            if (value == 0 || !serviceIndices.Contains(pods[SessionValue.PodSlot(value)].ServiceIndex)) continue;
            TFlow flow = TSession.Flow(table->Entries + i);
            if (IsIn(TFlow.DestinationOf(&flow), first, prefix.PrefixLength)) table->Remove(i);
        }
    }

    /// <summary>Gives every session the age under its table's clock that it had under another one.</summary>
    public static void Restamp(SessionTable<TSession, TFlow>* table, SessionClock before)
    {
        if (table->LiveCount == 0) return;
        for (uint i = 0; i < table->EntryCount; i++)
        {
            uint value = *table->Value(i);
            if (value != 0) *table->Value(i) = table->Context->Clock.Restamp(value, before.AgeSeconds(value));
        }
    }

    private static bool IsIn(byte* address, byte[] first, int prefixLength)
    {
        for (int bit = 0; bit < prefixLength; bit += 8)
        {
            int mask = 0xFF00 >> Math.Min(8, prefixLength - bit);
            if (((address[bit / 8] ^ first[bit / 8]) & mask) != 0) return false;
        }

        return true;
    }
}
