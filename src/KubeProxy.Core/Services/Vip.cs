using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Services;

/// <summary>An address or prefix that clients see, and its services.</summary>
public sealed class Vip
{
    private static readonly Func<Service, uint> OrderOf = service => service.Key.Order;

    private Service[] _services = [];
    private Vip[] _aliases = [];

    internal Vip(VipKey key, uint slot, Vip? sameAs = null)
    {
        Key = key;
        Slot = slot;
        SameAs = sameAs;
    }

    /// <summary>What names it: its prefix and table.</summary>
    public VipKey Key { get; }

    /// <summary>The prefix, host bits clear.</summary>
    public IPNetwork Prefix => Key.Prefix;

    /// <summary>The table that its packets and its pods are in; 0 for most.</summary>
    public uint Table => Key.Table;

    /// <summary>Its slot in the snapshot.</summary>
    public uint Slot { get; }

    /// <summary>The VIP that this one is another address of; it then has no services of its own. Null for most.</summary>
    public Vip? SameAs { get; }

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily Family => Prefix.BaseAddress.AddressFamily;

    /// <summary>True when its pods are of the other family (<c>nat46</c>, <c>nat64</c>).</summary>
    public bool IsTranslated { get; internal init; }

    /// <summary>IPv4 or IPv6: its pods'.</summary>
    public AddressFamily PodFamily => IsTranslated ? Addresses.OtherFamily(Family) : Family;

    /// <summary>The word of its translation: "nat4", "nat6", "nat46" or "nat64".</summary>
    public string NatWord => Addresses.NatWord(Family, IsTranslated);

    /// <summary>The services by port, then protocol.</summary>
    public IReadOnlyList<Service> Services => _services;

    /// <summary>The published <see cref="Snapshots.VipEntry"/>.</summary>
    internal NativeBlock Entry { get; set; }

    /// <summary>Bytes of its entry, and of its services with their node ports and tables.</summary>
    internal ulong NativeBytes
    {
        get
        {
            ulong bytes = Entry.LengthBytes;
            foreach (Service service in _services)
            {
                bytes += service.NodePort?.Entry.LengthBytes ?? 0;
                foreach (NativeBlock block in service.Entries()) bytes += block.LengthBytes;
            }

            return bytes;
        }
    }

    /// <summary>The VIPs that are further addresses of this one.</summary>
    internal IReadOnlyList<Vip> Aliases => _aliases;

    /// <summary>True when clients reach the VIP's services at this address.</summary>
    public bool IsReachedAt(IPAddress address)
    {
        if (Prefix.Contains(address)) return true;
        foreach (Vip alias in _aliases)
        {
            if (alias.Prefix.Contains(address)) return true;
        }

        return false;
    }

    /// <summary>Slots of the snapshot that hold the VIP's entry.</summary>
    internal IReadOnlyList<uint> Slots()
    {
        uint[] slots = new uint[_aliases.Length + 1];
        slots[0] = Slot;
        for (int i = 0; i < _aliases.Length; i++) slots[i + 1] = _aliases[i].Slot;
        return slots;
    }

    /// <summary>The service stored under exactly this key.</summary>
    public Service? Find(ServiceKey key)
    {
        int place = SortedArray.Find(_services, key.Order, OrderOf);
        return place < 0 ? null : _services[place];
    }

    /// <summary>The service of a packet: the exact port first, then every port of its protocol, then everything.</summary>
    public Service? Match(byte protocol, ushort port) =>
        Find(new ServiceKey(protocol, port)) ?? Find(new ServiceKey(protocol, 0)) ?? Find(new ServiceKey(IpProtocol.Any, 0));

    internal void Add(Service service) => _services = SortedArray.With(_services, service, OrderOf);

    internal void Remove(Service service) => _services = SortedArray.Without(_services, service.Key.Order, OrderOf);

    internal void AddAlias(Vip alias) => _aliases = [.. _aliases, alias];

    internal void RemoveAlias(Vip alias) => _aliases = Array.FindAll(_aliases, other => other != alias);
}
