using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>A load-balance DPO (vnet/dpo/load_balance.h): one cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
public partial struct load_balance_t;
