namespace KubeProxy.Core.Commands;

/// <summary>
/// <c>show kube-proxy runtime</c>: what the managed runtime did since the start, on all threads. The data path
/// allocates nothing: the first two lines stand still while only packets flow.
/// </summary>
internal static class ShowRuntime
{
    /// <summary>Its grammar.</summary>
    public const string Help = "show kube-proxy runtime";

    /// <summary>Does what the line says.</summary>
    public static string Run(string line)
    {
        new WordReader(line).End();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        return $"managed bytes   {allocated} allocated since start\n"
            + $"collections     {GC.CollectionCount(0)} gen0, {GC.CollectionCount(1)} gen1, {GC.CollectionCount(2)} gen2\n"
            + $"pauses          {(long)GC.GetTotalPauseDuration().TotalMicroseconds} us in all collections\n"
            + $"heap            {GC.GetTotalMemory(forceFullCollection: false)} bytes";
    }
}
