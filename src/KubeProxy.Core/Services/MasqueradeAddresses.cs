using System.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// The addresses that services masquerade with, by their place in the native array. An address keeps its place as long as a service
/// or a pod slot names it: sessions of a pod whose service is gone still need it to find their answers.
/// </summary>
internal sealed unsafe class MasqueradeAddresses
{
    private readonly IDataPlane _plane;
    private readonly SlotPool _places = new(1, Limits.MasqueradeAddresses);
    private readonly Dictionary<IPAddress, Use> _uses = [];

    /// <summary>No addresses.</summary>
    public MasqueradeAddresses(IDataPlane plane) => _plane = plane;

    /// <summary>The address's place, for one more that names it; 0 for none.</summary>
    public ushort Take(Transaction transaction, IPAddress? address)
    {
        if (address is null) return 0;
        if (!_uses.TryGetValue(address, out Use? use)) _uses.Add(address, use = New(address));
        use.Count++;
        transaction.OnRollBack(() => Leave(address, _places.PutBack));
        return use.Place;
    }

    /// <summary>One less names the address.</summary>
    public void Release(IPAddress? address)
    {
        if (address is not null) Leave(address, _places.Release);
    }

    /// <summary>No worker can meet a place that was released so far.</summary>
    public void Settle() => _places.Settle();

    private Use New(IPAddress address)
    {
        if (!_places.TryTake(out uint place))
            throw new CommandException($"no room for masquerade {address}: the limit is {Limits.MasqueradeAddresses - 1} addresses");
        address.TryWriteBytes(new Span<byte>(_plane.Masquerades[place].Bytes, MasqueradeAddress.SizeBytes), out _);
        return new Use((ushort)place);
    }

    private void Leave(IPAddress address, Action<uint> giveBack)
    {
        Use use = _uses[address];
        if (--use.Count > 0) return;
        _uses.Remove(address);
        giveBack(use.Place);
    }

    private sealed class Use(ushort place)
    {
        public ushort Place { get; } = place;

        public int Count { get; set; }
    }
}
