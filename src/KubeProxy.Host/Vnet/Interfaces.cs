using KubeProxy.Host.Fib;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Nodes;
using KubeProxy.Host.Vlib;

namespace KubeProxy.Host.Vnet;

/// <summary>All interfaces. Number 0 is local0, as in VPP, and never carries a packet.</summary>
internal static unsafe class Interfaces
{
    private sealed class NoTransmitter : ITransmitter
    {
        public bool TrySend(ReadOnlySpan<byte> frame) => false;

        public void Flush()
        {
        }
    }

    private static readonly List<Interface> Known = [];

    internal static IReadOnlyList<Interface> All => Known;

    internal static Interface Get(uint swIfIndex) => Known[(int)swIfIndex];

    internal static bool Exists(uint swIfIndex) => swIfIndex < Known.Count;

    internal static Interface? Find(string name) => Known.Find(i => i.Name == name);

    internal static void Initialize() => Add("local0", default, new NoTransmitter(), Interface.DefaultMtu);

    internal static Interface Add(string name, MacAddress mac, ITransmitter transmitter, int mtu)
    {
        Interface added = new(name, (uint)Known.Count, mac, transmitter) { Mtu = mtu };
        added.OutputNode = InterfaceOutput.Register(name);
        Known.Add(added);
        SwInterfacePool.Add(VnetExports.Main, added.SwIfIndex);
        InterfaceListeners.TellAdded(VnetExports.Main, added.SwIfIndex);
        return added;
    }

    internal static void SetState(Interface itf, bool isUp)
    {
        if (itf.IsUp == isUp)
            return;
        itf.IsUp = isUp;
        SwInterfacePool.SetUp(VnetExports.Main, itf.SwIfIndex, isUp);
        FibTable.RecomputeAll();
    }

    /// <summary>False if the address is there already.</summary>
    internal static bool TryAddAddress(Interface itf, IpPrefix address)
    {
        if (itf.Addresses.Contains(address))
            return false;
        itf.Addresses.Add(address);
        if (!address.IsHost)
            FibTable.AddSource(address.Network, FibSources.Interface, new Forwarding(ForwardingKind.Glean, itf));
        FibTable.AddSource(IpPrefix.Host(address.Address), FibSources.Interface, new Forwarding(ForwardingKind.Receive, itf));
        return true;
    }

    internal static bool TryRemoveAddress(Interface itf, IpPrefix address)
    {
        if (!itf.Addresses.Remove(address))
            return false;
        FibTable.RemoveSource(IpPrefix.Host(address.Address), FibSources.Interface);
        if (!address.IsHost)
            FibTable.RemoveSource(address.Network, FibSources.Interface);
        return true;
    }
}
