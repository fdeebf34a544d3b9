using System.Net;

namespace KubeProxy.Core.Services;

/// <summary>What tells VIPs apart: a prefix in one of the router's tables. The same prefix in two tables is two VIPs.</summary>
/// <param name="Prefix">The prefix, host bits clear.</param>
/// <param name="Table">The user's number of the table; 0 is the one that every interface is in at first.</param>
public readonly record struct VipKey(IPNetwork Prefix, uint Table = 0)
{
    /// <summary>Largest number of a table; the next one means "none" to the router.</summary>
    public const uint MaxTable = uint.MaxValue - 1;

    /// <summary>The words that name a table in texts, with a blank in front; nothing for table 0.</summary>
    public static string TableWords(uint table) => table == 0 ? string.Empty : $" table {table}";

    /// <inheritdoc/>
    public override string ToString() => $"{Prefix}{TableWords(Table)}";
}
