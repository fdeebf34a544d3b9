using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Vlib;

namespace KubeProxy.Host.Vnet;

internal static unsafe class FeatureExports
{
    private const int InvalidSwIfIndex = -2;
    private const int InvalidValue = -7;
    private const int InvalidValue2 = -8;

    [UnmanagedCallersOnly(EntryPoint = "vnet_feature_enable_disable", CallConvs = [typeof(CallConvCdecl)])]
    internal static int EnableDisable(byte* arcName, byte* nodeName, uint swIfIndex, int enable, void* config, uint configBytes)
    {
        if (FeatureArcs.Find(Graph.Text(arcName)) is not { } arc)
            return InvalidValue;
        int feature = arc.IndexOf(Graph.Text(nodeName));
        if (feature < 0)
            return InvalidValue2;
        if (!Interfaces.Exists(swIfIndex))
            return InvalidSwIfIndex;
        uint[] words = new uint[(configBytes + sizeof(uint) - 1) / sizeof(uint)];
        new ReadOnlySpan<byte>(config, (int)configBytes).CopyTo(MemoryMarshal.AsBytes(words.AsSpan()));
        if (enable != 0)
            arc.Enable(feature, swIfIndex, words);
        else
            arc.Disable(feature, swIfIndex, words);
        return 0;
    }
}
