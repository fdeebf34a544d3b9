using System.Runtime.InteropServices;

namespace KubeProxy.Core.Snapshots;

/// <summary>
/// One address that masqueraded packets get as their source, in wire order; an IPv4 address fills the first 4 bytes, the rest is
/// zero. All of them lie in one array, indexed by <see cref="PodRecord.MasqueradeIndex"/>; place 0 is never used.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
public unsafe struct MasqueradeAddress
{
    /// <summary>Bytes of one.</summary>
    public const int SizeBytes = 16;

    /// <summary>The address.</summary>
    public fixed byte Bytes[SizeBytes];
}
