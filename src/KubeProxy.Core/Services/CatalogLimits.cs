namespace KubeProxy.Core.Services;

/// <summary>How much a catalog may hold; tests use small ones.</summary>
internal readonly record struct CatalogLimits(uint Vips, uint Services, uint PodSlots)
{
    /// <summary>The stated maxima.</summary>
    public static CatalogLimits Stated { get; } = new(Limits.Vips, Limits.Services, Limits.PodSlots);
}
