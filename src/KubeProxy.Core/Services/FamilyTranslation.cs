using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>
/// Translation between the families, as configured: the prefix in which pods over IPv6 see clients over IPv4, what becomes of UDP without a
/// checksum, and how many VIPs have pods of the other family.
/// </summary>
internal sealed unsafe class FamilyTranslation
{
    private readonly IDataPlane _plane;

    /// <summary>The well-known prefix (RFC 6052 section 2.1), and no VIP.</summary>
    public FamilyTranslation(IDataPlane plane)
    {
        _plane = plane;
        _plane.Translation->Prefix = Prefix64.WellKnown;
    }

    /// <summary>The prefix.</summary>
    public IPNetwork Prefix { get; private set; } = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>What becomes of a whole UDP datagram without a checksum for a VIP of <c>nat46</c>.</summary>
    public NoChecksum NoUdpChecksum
    {
        get => _plane.Translation->RejectsNoUdpChecksum != 0 ? NoChecksum.Reject : NoChecksum.Compute;
        set => _plane.Translation->RejectsNoUdpChecksum = value == NoChecksum.Reject ? (byte)1 : (byte)0;
    }

    /// <summary>Refuses a prefix that cannot be the one, or a change while clients are seen in it.</summary>
    public void Check(IPNetwork prefix)
    {
        if (prefix.BaseAddress.AddressFamily != AddressFamily.InterNetworkV6 || !Prefix64.IsLength(prefix.PrefixLength))
            throw new CommandException($"prefix64 {prefix} is not an IPv6 prefix of length 32, 40, 48, 56, 64 or 96 (RFC 6052)");
        if (prefix.BaseAddress.GetAddressBytes()[8] != 0)
            throw new CommandException($"prefix64 {prefix} has bits set from 64 to 71, which are zero in every such prefix (RFC 6052)");
        AddressRules.CheckPrefix64(prefix);
        if (prefix != Prefix && _plane.Translation->Nat46Count != 0)
            throw new CommandException($"prefix64 {prefix}: pods of nat46 VIPs see their clients in {Prefix}; delete these VIPs first");
    }

    /// <summary>Sets a prefix that was checked.</summary>
    public void Set(IPNetwork prefix)
    {
        if (prefix == Prefix) return;
        fixed (byte* bytes = prefix.BaseAddress.GetAddressBytes()) _plane.Translation->Prefix = Prefix64.Of(bytes, prefix.PrefixLength);
        Prefix = prefix;
    }

    /// <summary>A VIP is there.</summary>
    public void CountUp(Vip vip) => Count(vip, 1);

    /// <summary>A VIP has gone.</summary>
    public void CountDown(Vip vip) => Count(vip, -1);

    private void Count(Vip vip, int change)
    {
        if (!vip.IsTranslated) return;
        if (vip.Family == AddressFamily.InterNetwork) _plane.Translation->Nat46Count = (uint)(_plane.Translation->Nat46Count + change);
        else _plane.Translation->Nat64Count = (uint)(_plane.Translation->Nat64Count + change);
    }
}
