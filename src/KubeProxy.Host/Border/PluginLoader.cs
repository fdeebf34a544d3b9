using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Host.Vlib;
using KubeProxy.Interop;

namespace KubeProxy.Host.Border;

/// <summary>A loaded plugin, for <c>show plugins</c>.</summary>
internal sealed record LoadedPlugin(string Path, string Version, string Description);

/// <summary>Loads a VPP plugin as VPP's loader does: dlopen, check of the version it asks for, its init functions.</summary>
internal static unsafe class PluginLoader
{
    /// <summary>The VPP whose structures and functions the host offers.</summary>
    internal const string VppVersion = "26.06";

    internal static LoadedPlugin? Loaded { get; private set; }

    /// <exception cref="InvalidOperationException">The plugin cannot be loaded, or refused to start.</exception>
    internal static void Load(string path)
    {
        void* handle;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            handle = LibC.DlOpen(name, LibC.RtldLazy);
        if (handle == null)
            throw new InvalidOperationException($"{path}: {Marshal.PtrToStringUTF8((nint)LibC.DlError())}");
        vlib_plugin_registration_t* registration;
        fixed (byte* name = "vlib_plugin_registration\0"u8)
            registration = (vlib_plugin_registration_t*)LibC.DlSym(handle, name);
        if (registration == null)
            throw new InvalidOperationException($"{path} is no VPP plugin: it has no vlib_plugin_registration");
        CheckVersion(path, Text(registration->version_required));
        string description = registration->description == null ? "" : Graph.Text(registration->description);
        Loaded = new LoadedPlugin(path, Text(registration->version), description);
        RefuseOthers(path, HostData.GlobalMain);
        InitFunctions.Run();
    }

    /// <summary>As in VPP: what the plugin asks for has to be how our version begins.</summary>
    internal static void CheckVersion(string path, string required)
    {
        if (!VppVersion.StartsWith(required, StringComparison.Ordinal))
            throw new InvalidOperationException($"{path}: version mismatch: {VppVersion} != {required}");
    }

    /// <summary>The host calls init functions and nothing else; a plugin that counts on more must not believe it got it.</summary>
    private static void RefuseOthers(string path, vlib_global_main_t* main)
    {
        if (main->init_function_registrations == null)
            throw new InvalidOperationException($"{path} has no init function");
        bool others = main->node_registrations != null
            || main->cli_main.cli_command_registrations != null
            || main->main_loop_enter_function_registrations != null
            || main->num_workers_change_function_registrations != null
            || main->api_init_function_registrations != null;
        if (others)
            throw new InvalidOperationException($"{path}: the embedded host runs init functions only, and this plugin registers more from its constructors");
    }

    private static string Text(ReadOnlySpan<byte> characters)
    {
        int end = characters.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? characters : characters[..end]);
    }
}
