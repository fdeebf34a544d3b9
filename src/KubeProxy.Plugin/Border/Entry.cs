using System.Runtime.InteropServices;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Cli;
using KubeProxy.Plugin.Nodes;
using KubeProxy.Plugin.Routes;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Border;

/// <summary>
/// The managed side of VPP's start, called by kp_glue.c on the main thread after VPP has forked and set its signal
/// handlers. An error is a text; VPP logs it and goes on without the plugin.
/// </summary>
internal static unsafe class Entry
{
    /// <summary>First step: graph nodes and features, before VPP puts the feature arcs together.</summary>
    [UnmanagedCallersOnly(EntryPoint = "kp_init_nodes")]
    public static byte* InitNodes(vlib_main_t* vm, Imports* imports)
    {
        try
        {
            VppProcess.Open(vm, imports);
            Log.Open();
            NodeRegistration.RegisterAll(vm);
            HousekeepingNode.Register(vm);
            FeatureRegistration.RegisterAll();
            return null;
        }
        catch (Exception error)
        {
            return NativeText.Forever($"not started: {error.Message}");
        }
    }

    /// <summary>Second step: routes, workers and commands, after the FIB is there.</summary>
    [UnmanagedCallersOnly(EntryPoint = "kp_init_services")]
    public static byte* InitServices(vlib_main_t* vm)
    {
        try
        {
            MmapAllocator allocator = new();
            WorkerSet workers = new(allocator, VppProcess.ThreadCount);
            ServiceCatalog catalog = new(new VppDataPlane(allocator, workers));
            Threads.States = workers.States;
            PacketTrace.Catalog = catalog;
            InterfaceEvents.Listen(catalog);
            TableBindings.Listen();
            Reassembly.Open();
            HousekeepingNode.Start(vm, catalog);
            CliRegistration.RegisterAll(vm, new CommandRegistry(catalog));
            return null;
        }
        catch (Exception error)
        {
            return NativeText.Forever($"not started: {error.Message}");
        }
    }
}
