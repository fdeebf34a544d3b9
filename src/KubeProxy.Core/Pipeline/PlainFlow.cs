using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Pipeline;

/// <summary>The five-tuple of a plain packet while whole batches are worked on: see <see cref="PacketBatch.Flows"/>.</summary>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class PlainFlow<TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Bits of a flow class; a stamp has others beside them.</summary>
    private const uint ClassMask = 7;

    /// <summary>The flow class that a stamp implies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ClassOf(TFlow* wanted) => SessionValue.ClassOf(SessionValue.Kind(TFlow.ClassOf(wanted)));

    /// <summary>Puts the class back into the place of a stamp; false when there is none.</summary>
    public static bool TryRestore(TFlow* flow)
    {
        if ((TFlow.ClassOf(flow) & ~ClassMask) == 0) return false;
        TFlow.SetClass(flow, ClassOf(flow));
        return true;
    }
}
