using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>What a plugin's section <c>.vlib_plugin_registration</c> holds (vlib/unix/plugin.h). Aligned to cache lines in C, hence the size.</summary>
[StructLayout(LayoutKind.Sequential, Size = 448)]
public partial struct vlib_plugin_registration_t;
